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
_GAMMA = 2.0
"""What is black all round is raised by the exponent 1 / (1 + this) at full strength."""


def contrast(srgb: Rgb, strength: float) -> Rgb:
    """Local contrast (CLAHE; Zuiderveld 1994), blended in by `strength` 0..1."""
    if strength == 0:
        return srgb
    lightness, other = _split(srgb)
    equal = cv2.createCLAHE(_CLIP_LIMIT, _TILES).apply(lightness)
    return _joined(cv2.addWeighted(lightness, 1 - strength, equal, strength, 0), other)


def lift_shadows(srgb: Rgb, strength: float) -> Rgb:
    """Raise the exposure where it is dark all round; highlights stay. `strength` 0..1."""
    if strength == 0:
        return srgb
    lightness, other = _split(srgb)
    level = lightness.astype(np.float32) / 255
    surround = gaussian(level, _SURROUND * max(level.shape))
    darkness = np.clip(1 - surround / _DARK_BELOW, 0, 1)
    lifted = cv2.exp(cv2.log(np.maximum(level, 1e-3)) / (1 + strength * _GAMMA * darkness))
    return _joined(cv2.convertScaleAbs(lifted.reshape(level.shape), alpha=255), other)


def _split(srgb: Rgb) -> tuple[NDArray[Any], tuple[NDArray[Any], NDArray[Any]]]:
    lightness, a, b = cv2.split(cv2.cvtColor(srgb, cv2.COLOR_RGB2LAB))
    return lightness, (a, b)


def _joined(lightness: NDArray[Any], other: tuple[NDArray[Any], NDArray[Any]]) -> Rgb:
    return np.asarray(cv2.cvtColor(cv2.merge((lightness, *other)), cv2.COLOR_LAB2RGB))
