"""Every network at its own size on this processor: torch eager float32 against OpenVINO, pass by pass in turn.

python -m benchmarks.models                 every network (an hour on two cores: the large ones are converted first)
python -m benchmarks.models --missing       those that benchmarks/results/models.json lacks: goes on after a stop
python -m benchmarks.models u2netp isnet-general-use

Each runtime is a process of its own, so that its peak memory is its own; the two take turns, so that whatever else
the machine does hits both alike. In both glibc's allocator is told to keep what it has: torch is up to six times as
slow with its defaults. Weights are seeded: speed, memory and rounding are real, mattes are not. A row is kept as soon
as it is measured; converted graphs are kept in the temporary folder.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import median
from tempfile import gettempdir

import numpy as np
from safetensors.numpy import save_file

from benchmarks.publishing.report import Row, kept_rows, report
from benchmarks.service.memory import own_peak_bytes
from shared.catalog import CARDS, MATTING, UPSCALERS, ModelCard
from worker.inference.loading import load_network
from worker.inference.recipe import Recipe
from worker.matting import fba
from worker.segmentation import loading as segmenters
from worker.upscaling import runtime as upscalers

FOLDER = Path(gettempdir()) / "cutroom-bench-models"
QUESTION = "Seconds a pass, peak memory, and what OpenVINO's picture (0..1) differs from torch's float32 by"
SECONDS_IN_ALL, FEWEST_PASSES, MOST_PASSES = 20.0, 3, 9
TILE_PX = 256
LARGEST_MEGABYTES = 8000  # what needs more than both runtimes can have side by side is measured by name only
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(1 << 32), "MALLOC_MMAP_THRESHOLD_": str(1 << 32)}


@dataclass(frozen=True)
class Subject:
    """A network, and what is fed to it."""

    name: str
    keys: str
    """Of its official state dict, in tests/parity/keys."""
    recipe: Recipe
    megabytes: int
    largest: float
    """Of its output: what makes differences shares."""
    white: float = 255.0
    """Of what goes in."""

    @cached_property
    def side(self) -> int:
        return 1024 if self.recipe.shape[1] == -1 else self.recipe.shape[1]

    @property
    def weights(self) -> Path:
        return FOLDER / f"{self.recipe.name}.safetensors"

    def output(self, runtime: str) -> Path:
        return FOLDER / f"{self.name}-{runtime}.npy"

    def batch(self) -> np.ndarray:
        """A smooth picture with some noise."""
        height, width, channels = (size if size > 0 else self.side for size in self.recipe.shape[1:])
        y, x = np.mgrid[:height, :width]
        planes = np.stack([(x + channel * y) % 1024 / 1024 for channel in range(channels)], 2) * 235
        noisy = planes + np.random.default_rng(0).uniform(0, 20, planes.shape)
        return (noisy[None] * (self.white / 255)).astype(self.recipe.dtype)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SUBJECTS)}")
    arguments.add_argument("--missing", action="store_true", help="only those without a row")
    arguments.add_argument("--only", choices=tuple(RUNTIMES), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.only:
        RUNTIMES[given.only](SUBJECTS[given.names[0]])
        return
    kept = {str(row["model"]): row for row in kept_rows("models")}
    names = given.names or [name for name, one in SUBJECTS.items() if one.megabytes <= LARGEST_MEGABYTES]
    names = [name for name in names if not (given.missing and name in kept)]
    failed = []
    for count, name in enumerate(names, start=1):
        print(f"{count} of {len(names)}: {name}", flush=True)
        try:
            kept[name] = _row(SUBJECTS[name])
        except EndedError as error:
            failed.append(f"{name}: {error}")
            continue
        report("models", QUESTION, [kept[name] for name in SUBJECTS if name in kept])
    if failed:
        raise SystemExit("\n".join(failed))


def _subjects() -> dict[str, Subject]:
    """One model of each network, size and precision: other weights take the same time."""
    found: dict[object, Subject] = {}
    for card in CARDS.values():
        if card.arch:
            one = _segmenter(card)
            found.setdefault((one.keys, one.recipe.shape, card.family == "u2net", one.recipe.precision), one)
    for card in UPSCALERS.values():
        found[card.name] = Subject(card.name, card.arch, upscalers.recipe(card, TILE_PX), 0, 255.0)
    found["fba"] = Subject("fba-matting", "fba_matting", _fba(), 0, 1.0, white=1.0)
    return {one.name: one for one in found.values()}


def _segmenter(card: ModelCard) -> Subject:
    return Subject(card.name, card.arch, segmenters.recipe(card), card.memory_megabytes, 1.0)


def _fba() -> Recipe:
    """At one size, where a server takes any."""
    whole = fba.recipe(MATTING["fba-matting"])
    return replace(whole, shape=(1, 1024, 1024, whole.shape[3]))


def _row(subject: Subject) -> Row:
    FOLDER.mkdir(exist_ok=True)
    with Apart(subject, "prepare") as preparing:
        facts = preparing.ready
    with Apart(subject, "torch") as torch_run, Apart(subject, "openvino") as openvino_run:
        passes: list[tuple[float, float]] = []
        while _goes_on(passes):
            passes.append((torch_run.ask("pass")["seconds"], openvino_run.ask("pass")["seconds"]))
        ends = torch_run.ask("end"), openvino_run.ask("end")
    exact, ours = (np.load(subject.output(name)) for name in ("torch", "openvino"))
    torch_seconds, openvino_seconds = (median(seconds) for seconds in zip(*passes, strict=True))
    gaps = np.abs(ours.astype(np.float32) - exact.astype(np.float32)) / subject.largest
    return {
        "model": subject.name,
        "side": subject.side,
        "Mparam": facts["mparam"],
        "GFLOP": facts["gflop"],
        "torch s": torch_seconds,
        "OpenVINO s": openvino_seconds,
        "precision": subject.recipe.precision,
        "times": torch_seconds / openvino_seconds,
        "torch MB": ends[0]["megabytes"],
        "OpenVINO MB": ends[1]["megabytes"],
        "load s": openvino_run.ready["load"],
        "mean diff": float(gaps.mean()),
        "max diff": float(gaps.max()),
    }


def _goes_on(passes: list[tuple[float, float]]) -> bool:
    taken = sum(map(sum, passes))
    return len(passes) < FEWEST_PASSES or (len(passes) < MOST_PASSES and taken < SECONDS_IN_ALL)


class EndedError(Exception):
    """The process of a runtime has ended before its time; what it said stands above."""


class Apart:
    """A runtime in a process of its own: `ready` is what it says at first, then it does what it is asked."""

    def __init__(self, subject: Subject, runtime: str) -> None:
        self._runtime = runtime
        command = [sys.executable, "-m", "benchmarks.models", subject.name, "--only", runtime]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=os.environ | KEEP_MEMORY,
        )

    def __enter__(self) -> "Apart":
        self.ready = self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.communicate()

    def ask(self, what: str) -> dict[str, float]:
        if self._process.poll() is None:
            print(what, file=self._process.stdin)
        return self._answer()

    def _answer(self) -> dict[str, float]:
        for line in self._process.stdout or ():
            if line.startswith("{"):  # other lines are what libraries have to say
                return json.loads(line)
        raise EndedError(f"{self._runtime} ended with code {self._process.wait()}; its message stands above")


def _prepare(subject: Subject) -> None:
    """The weights and the graph into the folder, so that loading and memory are measured without conversion."""
    keep_weights(subject)
    load_network(subject.recipe, subject.weights, device="cpu")
    parameters, operations = cost(subject)
    _say(gflop=operations / 1e9, mparam=parameters / 1e6)


def keep_weights(subject: Subject) -> None:
    """Seeded ones into the folder, where none are."""
    import torch  # noqa: PLC0415

    FOLDER.mkdir(exist_ok=True)
    if not subject.weights.exists():
        with torch.device("meta"):
            plain = subject.recipe.build()
        shapes = {key: tuple(value.shape) for key, value in plain.state_dict().items()}
        save_file(_seeded(subject.keys, shapes), subject.weights)


def cost(subject: Subject) -> tuple[int, int]:
    """Parameters, and floating-point operations of a pass over one picture; an addition and a product are two."""
    import torch  # noqa: PLC0415
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415

    with torch.device("meta"):
        plain = subject.recipe.build()
    network = subject.recipe.wrap(plain).to("meta")
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(torch.from_numpy(subject.batch()).to("meta"))
    return sum(parameter.numel() for parameter in plain.parameters()), counter.get_total_flops()


def _seeded(keys: str, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Numbers that stand for the official ones, with the factors that keep this network's maps in their range."""
    from tests.parity import seeded, vectors  # noqa: PLC0415  (torch)

    spec = vectors.official_keys(keys)
    scales, gain = spec.get("scales", {}), spec["gain"]

    def factor(key: str, shape: tuple[int, ...]) -> float:
        return scales.get(key, 1.0) * (gain if len(shape) > 1 else 1.0)

    made = {key: seeded.seeded_array(key, shape, 0) for key, shape in shapes.items()}
    return {key: np.asarray(value * factor(key, shapes[key]), value.dtype) for key, value in made.items()}


def _torch(subject: Subject) -> None:
    import torch  # noqa: PLC0415

    from worker.inference import torch_network  # noqa: PLC0415

    network = torch_network.load(subject.recipe, subject.weights)
    batch = torch.from_numpy(subject.batch())

    def run() -> np.ndarray:
        with torch.inference_mode():
            return network(batch).numpy()

    _serve(run, subject.output("torch"))


def _openvino(subject: Subject) -> None:
    started = time.perf_counter()
    network = load_network(subject.recipe, subject.weights, device="cpu")
    load, batch = time.perf_counter() - started, subject.batch()
    _serve(lambda: network.infer(batch), subject.output("openvino"), load=load)


def _serve(run: Callable[[], np.ndarray], output: Path, **said: float) -> None:
    """A first pass, then one for each line that asks for it; at the end the output is saved."""
    made = run()
    _say(**said)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        started = time.perf_counter()
        made = run()
        _say(seconds=time.perf_counter() - started)
    _say(megabytes=own_peak_bytes() >> 20)
    np.save(output, made)


def _say(**facts: float) -> None:
    print(json.dumps(facts), flush=True)


RUNTIMES: dict[str, Callable[[Subject], None]] = {
    "prepare": _prepare,
    "torch": _torch,
    "openvino": _openvino,
}
SUBJECTS = _subjects()


if __name__ == "__main__":
    main()
