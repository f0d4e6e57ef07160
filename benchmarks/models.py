"""Every network at its own size on this processor: torch eager against OpenVINO, each in a process of its own.

python -m benchmarks.models                 every network once (an hour on two cores: the large ones are converted)
python -m benchmarks.models u2netp isnet-general-use

Weights are seeded: speed, memory and rounding are real, mattes are not. The rows of several runs add up in
benchmarks/results/models.json.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import gettempdir

import numpy as np
from safetensors.numpy import save_file

from benchmarks.report import RESULTS, Row, report
from shared.catalog import CARDS, ModelCard
from worker.inference.loading import load_network
from worker.segmentation.loading import recipe

FOLDER = Path(gettempdir()) / "cutroom-bench-models"
SECONDS_EACH = 8.0
MOST_RUNS = 9


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("names", nargs="*", metavar="NAME")
    arguments.add_argument("--only", choices=tuple(RUNTIMES), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.only:
        print(json.dumps(RUNTIMES[given.only](CARDS[given.names[0]])))
        return
    rows = [_row(CARDS[name]) for name in given.names or _distinct()]
    kept = {row["model"]: row for row in _kept()} | {row["model"]: row for row in rows}
    question = "Seconds a pass, peak memory, and what OpenVINO's matte differs from torch's float32 by"
    report("models", question, [kept[name] for name in CARDS if name in kept])


def _distinct() -> list[str]:
    """One model of each network and size: other weights take the same time."""
    seen: dict[object, str] = {}
    for card in CARDS.values():
        if card.arch:
            seen.setdefault((recipe(card).name, card.input_size, card.precision), card.name)
    return list(seen.values())


def _kept() -> list[Row]:
    path = RESULTS / "models.json"
    return json.loads(path.read_text())["rows"] if path.exists() else []


def _row(card: ModelCard) -> Row:
    FOLDER.mkdir(exist_ok=True)
    found = {name: _apart(card, name) for name in RUNTIMES}
    torch_run, openvino_run = found["torch"], found["openvino"]
    ours, exact = (np.load(_output(card, name)) for name in ("openvino", "torch"))
    return {
        "model": card.name,
        "side": card.input_size,
        "Mparam": card.parameters_million,
        "GFLOP": torch_run["gflop"],
        "torch s": torch_run["seconds"],
        "OpenVINO s": openvino_run["seconds"],
        "precision": card.precision,
        "times": torch_run["seconds"] / openvino_run["seconds"],
        "torch MB": torch_run["megabytes"],
        "OpenVINO MB": openvino_run["megabytes"],
        "load s": openvino_run["load"],
        "mean diff": float(np.abs(ours - exact).mean()),
        "max diff": float(np.abs(ours - exact).max()),
    }


def _apart(card: ModelCard, runtime: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.models", card.name, "--only", runtime]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _convert(card: ModelCard) -> dict[str, float]:
    """The weights and the graph into the folder, so that loading and memory are measured without conversion."""
    from tests.parity import seeded  # noqa: PLC0415  (torch)

    weights = _weights(card)
    if not weights.exists():
        shapes = {key: tuple(value.shape) for key, value in recipe(card).build().state_dict().items()}
        save_file({key: seeded.seeded_array(key, shape, 0) for key, shape in shapes.items()}, weights)
    started = time.perf_counter()
    load_network(recipe(card), weights, device="cpu")
    return {"seconds": time.perf_counter() - started}


def _torch(card: ModelCard) -> dict[str, float]:
    import torch  # noqa: PLC0415
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415

    from worker.inference import torch_network  # noqa: PLC0415

    network = torch_network.load(recipe(card), _weights(card))
    batch = torch.from_numpy(_batch(card))
    with torch.inference_mode():
        seconds = _timed(lambda: network(batch))
        megabytes = _peak_megabytes()
        np.save(_output(card, "torch"), network(batch).numpy())
        with FlopCounterMode(display=False) as counter:
            network(batch)
    return {"seconds": seconds, "megabytes": megabytes, "gflop": counter.get_total_flops() / 1e9}


def _openvino(card: ModelCard) -> dict[str, float]:
    started = time.perf_counter()
    network = load_network(recipe(card), _weights(card), device="cpu")
    load, batch = time.perf_counter() - started, _batch(card)
    seconds = _timed(lambda: network.infer(batch))
    np.save(_output(card, "openvino"), network.infer(batch))
    return {"seconds": seconds, "megabytes": _peak_megabytes(), "load": load}


RUNTIMES: dict[str, Callable[[ModelCard], dict[str, float]]] = {
    "convert": _convert,
    "torch": _torch,
    "openvino": _openvino,
}


def _weights(card: ModelCard) -> Path:
    return FOLDER / f"{recipe(card).name}.safetensors"


def _output(card: ModelCard, runtime: str) -> Path:
    return FOLDER / f"{card.name}-{runtime}.npy"


def _batch(card: ModelCard) -> np.ndarray:
    """A smooth picture with some noise in the network's own size."""
    side = card.input_size or 1024
    y, x = np.mgrid[:side, :side] / side
    planes = np.stack([x, y, (x + y) / 2], 2) * 235
    noisy = planes + np.random.default_rng(0).uniform(0, 20, planes.shape)
    return noisy[None].astype(recipe(card).dtype)


def _timed(run: Callable[[], object]) -> float:
    """The median second of some runs behind a first one."""
    run()
    taken: list[float] = []
    while len(taken) < MOST_RUNS and (not taken or sum(taken) < SECONDS_EACH):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return median(taken)


def _peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
