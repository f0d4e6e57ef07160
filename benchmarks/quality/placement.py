"""Where enlarging belongs: before segmentation, as it once was done here, or after it with the alpha preserved."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from rich.progress import track

from benchmarks.gpu.rate import timed
from benchmarks.publishing.report import Row
from benchmarks.quality.groups import columns
from benchmarks.quality.measures import Score, score
from benchmarks.quality.networks import Looker, open_upscaler
from benchmarks.quality.pairs import PSEUDO, Pair
from benchmarks.service.photos import jpeg
from shared.limits import picture_limits
from shared.settings import load_settings
from shared.spec.refine import RefineSpec
from worker.imaging.decode import decode
from worker.imaging.types import Alpha, Cutout, Rgb
from worker.matting.foreground import estimate_foreground
from worker.matting.refine import refine
from worker.upscaling.realesrgan import Upscaler

_MOST_PIXELS = 1_000_000
"""Smaller photos are what people enlarge."""
_NETWORK = "realesr-general-x4v3"
"""What `auto` takes on a CPU; RRDBNet would need hours for these photos."""
_SCALE = 4
_PHONE_PX = (1200, 1600)


@dataclass
class _Found:
    """What came of one way, over the photos."""

    scores: list[Score] = field(default_factory=list)
    seconds: float = 0.0
    """Of the processor, all threads together."""


def placement(looker: Looker, pairs: Sequence[Pair]) -> list[Row]:
    """Mattes without enlarging, after enlarging the photo, and enlarged with the cut-out; scored at the photo's size.

    A larger matte is averaged down to it. Every way runs on each photo before the next, so the seconds compare.
    Raises ModelUnavailable where the upscaler's weights cannot be had.
    """
    small = [pair for pair in pairs if pair.kind != PSEUDO and pair.truth().size < _MOST_PIXELS]
    ways = _ways(looker)
    found = {name: _Found() for name in ways}
    for pair in track(small, "photos"):
        for name, way in ways.items():
            _measure(pair, way, found[name])
    return [_row(name, one, found["not at all"]) for name, one in found.items()]


def placement_seconds(looker: Looker) -> list[Row]:
    """Seconds by the clock that a photo of two megapixels takes each way, the quicker of two.

    Raises ModelUnavailable where the upscaler's weights cannot be had.
    """
    photo = decode(jpeg(*_PHONE_PX), picture_limits(load_settings())).rgb
    seconds = {
        name: min(timed(lambda way=way: way(photo)) for _ in range(2))
        for name, way in track(_ways(looker).items(), "ways")
    }
    without = next(iter(seconds.values()))
    return [
        {"enlarged": name, "seconds": taken, "÷ time without": taken / without}
        for name, taken in seconds.items()
    ]


def _ways(looker: Looker) -> dict[str, Callable[[Rgb], Alpha]]:
    upscaler = open_upscaler(_NETWORK)
    return {
        "not at all": lambda rgb: _segmented(looker, rgb),
        f"{_SCALE}× before": lambda rgb: _segmented(looker, _enlarged_photo(upscaler, rgb)),
        f"{_SCALE}× after": lambda rgb: _enlarged_alpha(upscaler, rgb, _segmented(looker, rgb)),
    }


def _measure(pair: Pair, way: Callable[[Rgb], Alpha], found: _Found) -> None:
    rgb, truth = pair.rgb(), pair.truth()
    started = time.process_time()
    alpha = way(rgb)
    found.seconds += time.process_time() - started
    size = (truth.shape[1], truth.shape[0])
    found.scores.append(
        score(np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)), truth, pair.kind)
    )


def _segmented(looker: Looker, rgb: Rgb) -> Alpha:
    return refine(rgb, looker.look_again(rgb), RefineSpec())


def _enlarged_photo(upscaler: Upscaler, rgb: Rgb) -> Rgb:
    opaque = np.full(rgb.shape[:2], 255, np.uint8)
    return upscaler.upscale(Cutout.of(rgb, opaque), _SCALE, _unwatched).rgb


def _enlarged_alpha(upscaler: Upscaler, rgb: Rgb, alpha: Alpha) -> Alpha:
    return upscaler.upscale(Cutout.of(estimate_foreground(rgb, alpha), alpha), _SCALE, _unwatched).alpha


def _unwatched(_share: float) -> None:
    """Progress that nobody watches."""


def _row(name: str, found: _Found, base: _Found) -> Row:
    figures = columns(found.scores)
    return {"enlarged": name, **figures, "÷ time without": f"{found.seconds / base.seconds:.1f}"}
