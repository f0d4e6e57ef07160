"""Smooth changes of colour over a canvas."""

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from worker.imaging.colour import Rgba
from worker.imaging.composite import strips

_SHADES = 2048
"""Entries of the table: eight for each level, so that the table adds no step of its own."""

Ramp = NDArray[Any]
"""float32: the position between start (0) and end (1)."""


def paint(
    kind: Literal["linear", "radial"], start: Rgba, end: Rgba, angle: float, size: tuple[int, int]
) -> NDArray[Any]:
    """Paint a gradient of `size` (width, height) as (H, W, 4), straight alpha.

    Linear runs along `angle` degrees (0 to the right, 90 downward) from corner to corner, as CSS does it;
    radial from the centre to the corners.
    """
    width, height = size
    # Four bytes of a colour packed into one number: one look-up for each pixel.
    table = _shades(start, end).view(np.uint32).ravel()
    out = np.empty((height, width), np.uint32)
    x, y = _centred(width), _centred(height)
    for rows in strips(height, width):
        ramp = _linear(x, y[rows], angle, size) if kind == "linear" else _radial(x, y[rows], size)
        ramp *= _SHADES - 1
        ramp += 0.5
        table.take(ramp.astype(np.intp), out=out[rows], mode="clip")
    return out.view(np.uint8).reshape(height, width, 4)


def _centred(length: int) -> Ramp:
    """Pixel centres, counted from the middle."""
    return np.arange(length, dtype=np.float32) - np.float32((length - 1) / 2)


def _linear(x: Ramp, y: Ramp, angle: float, size: tuple[int, int]) -> Ramp:
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    extent = max(1.0, abs((size[0] - 1) * cosine) + abs((size[1] - 1) * sine))
    along = (x * np.float32(cosine / extent))[None, :]
    return along + (y * np.float32(sine / extent) + np.float32(0.5))[:, None]


def _radial(x: Ramp, y: Ramp, size: tuple[int, int]) -> Ramp:
    corner = max(1.0, math.hypot(size[0] - 1, size[1] - 1) / 2)
    ramp: Ramp = np.sqrt((x * x)[None, :] + (y * y)[:, None])
    return ramp / np.float32(corner)


def _shades(start: Rgba, end: Rgba) -> NDArray[Any]:
    """(_SHADES, 4): colours mixed by their alpha, so that a transparent end lends no colour."""
    first, last = np.array(start, np.float32), np.array(end, np.float32)
    mix = np.linspace(0, 1, _SHADES, dtype=np.float32)[:, None]
    alpha = first[3] * (1 - mix) + last[3] * mix
    weighted = first[:3] * first[3] * (1 - mix) + last[:3] * last[3] * mix
    rgb = weighted / np.maximum(alpha, 1e-6)
    shades: NDArray[Any] = np.rint(np.hstack([rgb, alpha])).astype(np.uint8)
    return shades
