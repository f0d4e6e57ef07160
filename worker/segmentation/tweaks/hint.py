"""A rough guess at the background, shown to the network by fading it."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Rgb

_SIDE_PX = 128
_BORDER_SHARE = 0.06
_COLOURS = 6
_FAR = 30.0
"""Distance from every colour of the border, in Lab of 0..255, from which a colour counts as foreign there."""
_DETAILED = 12.0
"""Standard deviation of lightness, of 255, from which a place counts as detailed."""


def hint(srgb: Rgb, strength: float) -> Rgb:
    """Fade towards the border's mean colour what resembles it and has little contrast; `strength` 0..1."""
    if strength == 0:
        return srgb
    small = cv2.resize(srgb, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    keep: NDArray[Any] = 1 - strength * (1 - _subjectness(small))
    keep = np.asarray(cv2.resize(keep.astype(np.float32), srgb.shape[1::-1], interpolation=cv2.INTER_LINEAR))
    away = np.empty_like(srgb)
    away[:] = np.rint(_border(small).mean(axis=0))
    return np.asarray(cv2.blendLinear(np.ascontiguousarray(srgb), away, keep, 1 - keep))


def _subjectness(small: Rgb) -> NDArray[Any]:
    """0 like the background .. 1 unlike it, float32 (128, 128)."""
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    foreign = np.clip(_distance_to_palette(lab, _palette(_border(lab))) / _FAR, 0, 1)
    lightness = lab[..., 0]
    mean = cv2.blur(lightness, (7, 7))
    spread = np.sqrt(np.maximum(cv2.blur(lightness * lightness, (7, 7)) - mean * mean, 0))
    prior = np.maximum(foreign, 0.5 * np.clip(spread / _DETAILED, 0, 1))
    return np.asarray(cv2.GaussianBlur(prior, (0, 0), 3))


def _border(picture: NDArray[Any]) -> NDArray[Any]:
    """Pixels (N, 3) of the picture's margin."""
    margin = round(_BORDER_SHARE * _SIDE_PX)
    inside = np.s_[margin:-margin, margin:-margin]
    is_border = np.ones(picture.shape[:2], np.bool_)
    is_border[inside] = False
    return picture[is_border]


def _palette(pixels: NDArray[Any]) -> NDArray[Any]:
    """The border's main colours, (6, 3); the same for the same picture."""
    order = np.argsort(pixels @ np.array([1.0, 0.7, 0.3], np.float32), kind="stable")
    start = (np.arange(len(pixels)) * _COLOURS // len(pixels)).astype(np.int32)
    labels = np.empty_like(start)
    labels[order] = start
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    _, _, centres = cv2.kmeans(pixels, _COLOURS, labels[:, None], stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    return np.asarray(centres)


def _distance_to_palette(lab: NDArray[Any], palette: NDArray[Any]) -> NDArray[Any]:
    distances = [np.linalg.norm(lab - colour, axis=2) for colour in palette]
    return np.asarray(np.minimum.reduce(distances))
