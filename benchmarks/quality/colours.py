"""Tables about the subject's colours, where they are known."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.publishing.report import Row
from benchmarks.quality.mattes import PLAIN
from benchmarks.quality.networks import Looker
from benchmarks.quality.pairs import Pair
from worker.imaging.types import Alpha, Rgb
from worker.matting.foreground import estimate_foreground
from worker.matting.refine import refine

_CAME_FROM = {
    "comp_curls_sea": "p3m_015cd10e",
    "comp_darkcurls_hill": "p3m_514ca06a",
    "comp_dog_beach": "gfm_sample11",
    "comp_hairflip_forest": "p3m_bd6af989",
    "comp_lion_meadow": "gfm_sample06",
}
"""The composites' foregrounds are the colours that pymatting finds in these photos under the same alpha."""
_BEHIND = {"black": (0, 0, 0), "white": (255, 255, 255), "green": (0, 255, 0), "magenta": (255, 0, 255)}

Estimate = Callable[[Rgb, Alpha], NDArray[np.float32]]


def decontamination(looker: Looker, pairs: Sequence[Pair]) -> list[Row]:
    """Composites over four colours against the true ones: mean difference of 255 where either alpha is soft.

    Needs pymatting, which made the true colours.
    """
    from pymatting import estimate_foreground_ml  # noqa: PLC0415

    by_name = {pair.name: pair for pair in pairs}
    known = [by_name[name] for name in _CAME_FROM if name in by_name and _CAME_FROM[name] in by_name]
    truths = {
        pair.name: 255 * estimate_foreground_ml(source.rgb() / 255, source.truth() / 255)
        for pair, source in ((pair, by_name[_CAME_FROM[pair.name]]) for pair in known)
    }
    ways: dict[str, Estimate] = {
        "the photo's": lambda rgb, alpha: rgb.astype(np.float32),
        "decontaminate": lambda rgb, alpha: estimate_foreground(rgb, alpha).astype(np.float32),
        "pymatting estimate_foreground_ml": lambda rgb, alpha: (
            255 * estimate_foreground_ml(rgb / 255, alpha / 255)
        ),
    }
    return [_row(name, estimate, known, truths, looker) for name, estimate in ways.items()]


def _row(name: str, estimate: Estimate, pairs: Sequence[Pair], truths: dict, looker: Looker) -> Row:
    true_alpha, found_alpha, seconds = [], [], []
    for pair in track(pairs, name):
        rgb, truth = pair.rgb(), pair.truth()
        started = time.perf_counter()
        colours = estimate(rgb, truth)
        seconds.append(time.perf_counter() - started)
        true_alpha.append(_off(colours, truth, truths[pair.name], truth))
        matte = refine(rgb, looker.look(rgb), PLAIN)
        found_alpha.append(_off(estimate(rgb, matte), matte, truths[pair.name], truth))
    found = dict(zip(_BEHIND, np.mean(found_alpha, axis=0), strict=True))
    return {
        "colours": name,
        # With the true alpha the background cancels out: one figure for all four.
        "true matte": f"{np.mean(true_alpha):.2f}",
        **{f"network's matte, {colour}": f"{value:.2f}" for colour, value in found.items()},
        "seconds": f"{np.median(seconds):.3f}",
    }


def _off(colours: NDArray, alpha: Alpha, true_colours: NDArray, true_alpha: Alpha) -> list[float]:
    soft = ((alpha > 0) & (alpha < 255)) | ((true_alpha > 0) & (true_alpha < 255))
    ours, true = (matte[soft][:, None] / 255 for matte in (alpha, true_alpha))
    blends = (
        ours * colours[soft] - true * true_colours[soft] + (true - ours) * np.array(behind)
        for behind in _BEHIND.values()
    )
    return [float(np.abs(blend).mean()) for blend in blends]
