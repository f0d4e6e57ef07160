"""Lightness made easier to see; hue and chroma stay."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.blur import gaussian
from worker.imaging.types import Rgb

_CLIP_LIMIT = 4.0
_TILES = (8, 8)
_SURROUND = 0.02
"""Sigma of the blur that tells whether a place is dark, in shares of the longer side."""
_DARK_BELOW = 0.5
_DARKEST = 0.02
_STEEPNESS = 0.6
"""Of the gain against darkness at full strength: 1 would light everything evenly, noise and all."""


def contrast(srgb: Rgb, strength: float) -> Rgb:
    """Local contrast (CLAHE; Zuiderveld 1994), blended in by `strength` 0..1."""
    if strength == 0:
        return srgb
    lightness, other = _split(srgb)
    equal = cv2.createCLAHE(_CLIP_LIMIT, _TILES).apply(lightness)
    return _joined(cv2.addWeighted(lightness, 1 - strength, equal, strength, 0), other)


def lift_shadows(srgb: Rgb, strength: float) -> Rgb:
    """Raise the exposure where it is dark all round; what is bright there stays. `strength` 0..1."""
    if strength == 0:
        return srgb
    surround = gaussian(srgb.max(axis=2).astype(np.float32) / 255, _SURROUND * max(srgb.shape))
    darkness = np.clip(surround.reshape(srgb.shape[:2]) / _DARK_BELOW, _DARKEST, 1)
    gain = cv2.pow(darkness, -_STEEPNESS * strength)
    # A gain, not a curve on lightness: 8-bit Lab has hardly any colours left where it is dark.
    return np.asarray(cv2.multiply(srgb, cv2.merge((gain, gain, gain)), dtype=cv2.CV_8U))


def _split(srgb: Rgb) -> tuple[NDArray[Any], tuple[NDArray[Any], NDArray[Any]]]:
    lightness, a, b = cv2.split(cv2.cvtColor(srgb, cv2.COLOR_RGB2LAB))
    return lightness, (a, b)


def _joined(lightness: NDArray[Any], other: tuple[NDArray[Any], NDArray[Any]]) -> Rgb:
    return np.asarray(cv2.cvtColor(cv2.merge((lightness, *other)), cv2.COLOR_LAB2RGB))
