"""What a large photo costs after the network, against the network, side by side in one run."""

import time
import tracemalloc
from collections.abc import Callable
from statistics import median

import cv2

from benchmarks.publishing.report import Row
from benchmarks.quality.networks import Looker
from shared.spec.mask import MaskSpec
from shared.spec.refine import RefineSpec
from worker.imaging.types import Rgb
from worker.matting.foreground import estimate_foreground
from worker.matting.mask import apply_mask
from worker.matting.refine import refine

_ROUNDS = 7
_SIZES = ((1200, 1600), (3000, 4000))


def after_the_network(looker: Looker, photo: Rgb) -> list[Row]:
    """Processor time and extra memory of refinement, mask options and decontamination, beside one inference.

    Processor time of all threads, since other work on the machine stretches the wall clock of a network that wants
    every core far more than that of what follows it.
    """
    return [_row(looker, cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC)) for size in _SIZES]


def _row(looker: Looker, photo: Rgb) -> Row:
    small = looker.look(photo)
    refined = refine(photo, small, RefineSpec())
    parts: dict[str, Callable[[], object]] = {
        "inference": lambda: looker.look_again(photo),
        "refine": lambda: refine(photo, small, RefineSpec()),
        "mask: clean": lambda: apply_mask(refined, MaskSpec(preset="clean")),
        "decontaminate": lambda: estimate_foreground(photo, refined),
    }
    seconds: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(_ROUNDS):
        for name, part in parts.items():
            started = time.process_time()
            part()
            seconds[name].append(time.process_time() - started)
    middle = {name: median(found[1:]) for name, found in seconds.items()}
    after = sum(middle.values()) - middle["inference"]
    del parts["inference"]
    return {
        "size": f"{photo.shape[1]}×{photo.shape[0]}",
        **{name: f"{value:.3f}" for name, value in middle.items()},
        "÷ inference": f"{after / middle['inference']:.2f}",
        "bytes a pixel": f"{max(map(_peak_bytes, parts.values())) / refined.size:.1f}",
    }


def _peak_bytes(work: Callable[[], object]) -> int:
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
