"""The int8 variant of a network against the network itself: mattes against ground truth, time by turns, memory.

python -m benchmarks.int8 [--pairs FOLDER] [--model NAME] [--pictures N]

The pairs are cut in halves: what one half has calibrated is judged on the other, so that no photo is judged by a
network that has seen it. Graphs are kept under var/int8; with 22 photos one takes two minutes on two quiet cores.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from benchmarks.publishing.report import Row, report
from benchmarks.quality.groups import by_kind, change
from benchmarks.quality.mattes import PLAIN
from benchmarks.quality.pairs import Pair, read_pairs
from shared.catalog import CARDS, ModelCard
from shared.settings import load_settings
from shared.spec.refine import RefineSpec
from worker.imaging.types import Alpha
from worker.inference.graph import read_graph
from worker.inference.openvino_network import OpenVinoNetwork
from worker.io.weights import Weights
from worker.matting.refine import refine
from worker.quantizing.quantize import int8_graph
from worker.quantizing.way import Way
from worker.segmentation.loading import exact_graph, family_of
from worker.segmentation.matte import Matte

CACHE = Path("var/int8")
ROUNDS = 15
REFINEMENTS = {"none": PLAIN, "auto (the default)": RefineSpec()}


def main() -> None:
    os.environ.setdefault(
        "NNCF_CI", "1"
    )  # read at its import: without it NNCF reports each use to its makers
    given = arguments()
    card = CARDS[given.model]
    if given.only:
        print(memory(card, Path(given.only)))
        return
    pairs = read_pairs(given.pairs)
    if not pairs:
        print(f"Nothing measured: {given.pairs} holds no manifest.csv. Give a folder of pairs with --pairs.")
        return
    halves = pairs[::2], pairs[1::2]
    files = [quantized_on(card, half[: given.pictures]) for half in halves]
    exact = OpenVinoNetwork(partial(exact_graph, card, weights(card)), card.precision)
    ints = [OpenVinoNetwork(partial(read_graph, file), card.precision) for file in files]
    mattes = {"exact": dict(seen(card, exact, pairs)), "int8": {}}
    for network, judged in zip(ints, reversed(halves), strict=True):
        mattes["int8"] |= dict(seen(card, network, judged))
    report(
        f"int8_{card.name}",
        "int8 against exact, on photos it was not calibrated with",
        list(table(pairs, mattes)),
    )
    seconds = by_turns({"exact": exact, "int8": ints[0]}, batch(card, pairs[0]))
    rows = [
        speed_row(card, name, seconds, file) for name, file in (("exact", weights(card)), ("int8", files[0]))
    ]
    report(
        f"int8_speed_{card.name}",
        "A pass by turns, and the peak memory of a process that does nothing else",
        rows,
    )


def quantized_on(card: ModelCard, pairs: Sequence[Pair]) -> Path:
    """The `.xml` of the network calibrated with these photos, from the cache where it was made before."""
    CACHE.mkdir(parents=True, exist_ok=True)
    mark = hashlib.sha256(repr((Way(), card.name, [pair.name for pair in pairs])).encode()).hexdigest()[:12]
    path = CACHE / f"{card.name}-{mark}.xml"
    if not path.exists():
        graph = int8_graph(exact_graph(card, weights(card)), [batch(card, pair) for pair in pairs], Way())
        ov.save_model(graph, path, compress_to_fp16=False)
    return path


def weights(card: ModelCard) -> Path:
    settings = load_settings()
    return Weights(settings.model_cache, settings.model_dir).get(card).path


def batch(card: ModelCard, pair: Pair) -> NDArray[Any]:
    return family_of(card).prepare(pair.rgb(), card)


def seen(card: ModelCard, network: OpenVinoNetwork, pairs: Sequence[Pair]) -> Iterator[tuple[str, Matte]]:
    """The matte of each photo in the network's size, by its name."""
    for pair in pairs:
        rgb = pair.rgb()
        small = family_of(card).read(network.infer(batch(card, pair)), card)
        yield pair.name, family_of(card).trim(small, rgb.shape[1], rgb.shape[0])


def table(pairs: Sequence[Pair], mattes: Mapping[str, Mapping[str, Matte]]) -> Iterator[Row]:
    """What becomes of each measure, by refinement and kind of truth."""
    for name, spec in REFINEMENTS.items():
        exact, int8 = (by_kind(pairs, partial(refined, mattes[which], spec)) for which in ("exact", "int8"))
        for kind, scores in int8.items():
            yield {
                "refinement": name,
                "ground truth": kind,
                "pairs": len(scores),
                **change(scores, exact[kind]),
            }


def refined(found: Mapping[str, Matte], spec: RefineSpec, pair: Pair) -> Alpha:
    return refine(pair.rgb(), found[pair.name], spec)


def by_turns(networks: Mapping[str, OpenVinoNetwork], given: NDArray[Any]) -> dict[str, list[float]]:
    """Seconds of each pass; a first one of each is left out."""
    taken: dict[str, list[float]] = {name: [] for name in networks}
    for place in range(ROUNDS + 1):
        for name, network in networks.items():
            started = time.perf_counter()
            network.infer(given)
            if place:
                taken[name].append(time.perf_counter() - started)
    return taken


def speed_row(card: ModelCard, name: str, seconds: Mapping[str, Sequence[float]], file: Path) -> Row:
    ratios = [one / other for one, other in zip(seconds[name], seconds["exact"], strict=True)]
    return {
        "network": name,
        "median s": round(median(seconds[name]), 3),
        "÷ exact": round(median(ratios), 3),
        "peak MB": apart(card, file),
        "file MB": round(
            sum(part.stat().st_size for part in (file, file.with_suffix(".bin")) if part.exists()) / 1e6
        ),
    }


def apart(card: ModelCard, file: Path) -> int:
    """The peak memory of a process that loads this file and runs it three times."""
    command = [sys.executable, "-m", "benchmarks.int8", "--model", card.name, "--only", str(file)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def memory(card: ModelCard, file: Path) -> int:
    """Peak MB of this process after three passes."""
    read = partial(read_graph, file) if file.suffix == ".xml" else partial(exact_graph, card, file)
    network = OpenVinoNetwork(read, card.precision)
    side = card.input_size or 1024
    for _ in range(3):
        network.infer(np.zeros((1, side, side, 3), family_of(card).dtype))
    # Not ru_maxrss, which a process takes over from the one that started it.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak[1]) // 1024 if peak else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=Path, default=Path("../shared/data/pairs"), help="has manifest.csv")
    parser.add_argument("--model", default="imgly-medium", help="a name of the catalogue")
    parser.add_argument("--pictures", type=int, default=22, help="to calibrate with, of each half")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
