"""Tables about mattes: the baseline, refinement, tweaks, the mask preset."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from rich.progress import track

from benchmarks.publishing.report import Row
from benchmarks.quality.groups import by_group, by_kind, change, columns
from benchmarks.quality.networks import Looker, Small
from benchmarks.quality.pairs import PSEUDO, Pair
from shared.spec.mask import MaskSpec
from shared.spec.refine import RefineSpec
from shared.spec.tweak import TweakSpec
from worker.imaging.types import Alpha, Rgb
from worker.matting.mask import apply_mask
from worker.matting.refine import refine

PLAIN = RefineSpec(method="none")
_EVERY = 6
"""Tweaks are tried on every sixth photo with a hard mask: each try costs an inference."""


def baseline(looker: Looker, pairs: Sequence[Pair]) -> list[Row]:
    """The network's matte, enlarged bilinearly."""
    scores = by_kind(pairs, lambda pair: refine(pair.rgb(), looker.look(pair.rgb()), PLAIN))
    return [{"ground truth": kind, **columns(found)} for kind, found in scores.items()]


def with_options(
    looker: Looker, pairs: Sequence[Pair], tweak: TweakSpec, refinement: RefineSpec, mask: MaskSpec
) -> list[Row]:
    """Any options of a job."""

    def matte_of(pair: Pair) -> Alpha:
        return apply_mask(refine(pair.rgb(), looker.look(pair.rgb(), tweak), refinement), mask)

    return [{"ground truth": kind, **columns(found)} for kind, found in by_kind(pairs, matte_of).items()]


def refinement(looker: Looker, pairs: Sequence[Pair], specs: dict[str, RefineSpec]) -> list[Row]:
    """Each refinement against none at 1×, 2× and 4×.

    A matte so much smaller than the photo is had in two ways: the network's is averaged down (it saw every
    detail that the photo has), or the network is shown the photo averaged down (it saw only what the matte has
    room for, as with a photo of 12 megapixels). The truth of real large photos lies between.
    """
    real = [pair for pair in pairs if pair.kind != PSEUDO]
    ways = [("averaged matte", _averaged_matte), ("averaged photo", _matte_of_averaged_photo)]
    rows: list[Row] = []
    for ratio, (way, small_of) in [(1, ways[0]), (2, ways[0]), (2, ways[1]), (4, ways[0]), (4, ways[1])]:
        small = {pair.name: small_of(looker, pair.rgb(), ratio) for pair in real}
        base = by_group(real, partial(_refined, small, PLAIN))
        for name, spec in specs.items():
            if ratio > 1 and name == "guided":
                continue  # what `auto` does there
            refined = by_group(real, partial(_refined, small, spec))
            rows += [
                {
                    "photo ÷ matte": f"{ratio}×, {way}",
                    "method": name,
                    "truth": group,
                    **change(scores, base[group]),
                }
                for group, scores in refined.items()
            ]
    return rows


def _refined(small: dict[str, Small], spec: RefineSpec, pair: Pair) -> Alpha:
    return refine(pair.rgb(), small[pair.name], spec)


def _averaged_matte(looker: Looker, rgb: Rgb, ratio: int) -> Small:
    matte = looker.look(rgb)
    return matte if ratio == 1 else _averaged(matte, rgb, ratio)


def _matte_of_averaged_photo(looker: Looker, rgb: Rgb, ratio: int) -> Small:
    return _averaged(looker.look(_averaged(rgb, rgb, ratio)), rgb, ratio)


def _averaged(pixels: Rgb | Small, rgb: Rgb, ratio: int) -> Small:
    size = (max(1, round(rgb.shape[1] / ratio)), max(1, round(rgb.shape[0] / ratio)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def matting(looker: Looker, pairs: Sequence[Pair]) -> list[Row]:
    """Closed-form matting against none, at 1×. Raises ModelUnavailable where pymatting is not installed."""
    real = [pair for pair in pairs if pair.kind != PSEUDO]
    small = {pair.name: looker.look(pair.rgb()) for pair in real}
    base = by_group(real, partial(_refined, small, PLAIN))
    started = time.process_time()
    solved = by_group(real, partial(_refined, small, RefineSpec(method="matting")))
    seconds = (time.process_time() - started) / sum(pair.truth().size for pair in real) * 1e6
    return [
        {"truth": group, **change(scores, base[group]), "processor seconds a megapixel": f"{seconds:.2f}"}
        for group, scores in solved.items()
    ]


def preset_clean(looker: Looker, pairs: Sequence[Pair]) -> list[Row]:
    """The preset against none."""
    plain = by_group(pairs, lambda pair: refine(pair.rgb(), looker.look(pair.rgb()), PLAIN))
    clean = by_group(
        pairs,
        lambda pair: apply_mask(refine(pair.rgb(), looker.look(pair.rgb()), PLAIN), MaskSpec(preset="clean")),
    )
    return [{"truth": group, **change(scores, plain[group])} for group, scores in clean.items()]


def tweaks(looker: Looker, pairs: Sequence[Pair]) -> list[Row]:
    """Each tweak on copies of photos that were spoilt in the way it is meant for, and on the photos themselves."""
    chosen = [pair for pair in pairs if pair.kind in ("binary", "trimap_ignore128", "alpha")][::_EVERY]
    rows: list[Row] = []
    for name, (spoil, tried) in track(_TRIALS.items(), "kinds of copies"):
        photos = {pair.name: spoil(pair.rgb()) for pair in chosen}
        base = _scores(looker, chosen, photos, TweakSpec())
        rows.append(
            {"copy": name, "tweak": "none", **{k: v for k, v in columns(base).items() if k in _SHOWN}}
        )
        for values in tried:
            scores = _scores(looker, chosen, photos, TweakSpec.model_validate(values))
            said = ", ".join(f"{key} {value}" for key, value in values.items())
            rows.append({"copy": name, "tweak": said, **change(scores, base)})
    return rows


_SHOWN = ("IoU", "boundary IoU", "SAD", "gradient")


def _scores(looker: Looker, pairs: Sequence[Pair], photos: dict[str, Rgb], spec: TweakSpec) -> list:
    groups = by_group(pairs, lambda pair: refine(pair.rgb(), looker.look(photos[pair.name], spec), PLAIN))
    return [one for scores in groups.values() for one in scores]


def _noise(rgb: Rgb, sigma: float) -> Rgb:
    return np.random.default_rng(7).normal(0, sigma, rgb.shape)


def _as_bytes(values: Rgb) -> Rgb:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def darkened(rgb: Rgb) -> Rgb:
    """Six stops less light, and the sensor's noise."""
    return _as_bytes(255 * (0.012 * (rgb / 255) ** 2.2) ** (1 / 2.2) + _noise(rgb, 2))


def noisy(rgb: Rgb) -> Rgb:
    """Noise of sigma 60."""
    return _as_bytes(rgb + _noise(rgb, 60))


def low_contrast(rgb: Rgb) -> Rgb:
    """A tenth of the contrast."""
    mean = rgb.mean(axis=(0, 1))
    return _as_bytes(mean + 0.1 * (rgb - mean) + _noise(rgb, 1.5))


def blurred(rgb: Rgb) -> Rgb:
    """Sigma 0.6 % of the longer side."""
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), 0.006 * max(rgb.shape)))


def as_it_is(rgb: Rgb) -> Rgb:
    """Nothing done."""
    return rgb


_TRIALS: dict[str, tuple[Callable[[Rgb], Rgb], list[dict[str, float]]]] = {
    "darkened": (darkened, [{"lift_shadows": 0.3}, {"lift_shadows": 0.8}, {"contrast": 0.4}]),
    "noisy": (noisy, [{"denoise": 0.5}, {"denoise": 1.0}]),
    "low contrast": (low_contrast, [{"contrast": 0.4}, {"contrast": 0.8}, {"hint": 0.2}]),
    "blurred": (blurred, [{"sharpen": 0.5}, {"sharpen": 1.0}, {"contrast": 0.4}]),
    "as it is": (
        as_it_is,
        [
            {"contrast": 0.4},
            {"denoise": 0.5},
            {"lift_shadows": 0.5},
            {"sharpen": 0.5},
            {"pad": 0.1},
            {"hint": 0.2},
        ],
    ),
}
