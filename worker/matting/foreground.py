"""Colours of the subject alone: in a soft edge the photo shows a blend of subject and background.

Smooth colours F' and B' are solved small (`multilevel.py`). At full size only soft pixels are looked at, each
moved onto the blend that it is: F = F' + a r / (a² + b²) with r = I - a F' - b B', a the alpha, b = 1 - a: the
nearest pair of colours that mixes to the photo. Detail comes from there, so small colours suffice.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.composite import strips
from worker.imaging.types import Alpha, Rgb
from worker.matting.multilevel import solve

_COLUMNS = 1024
"""Soft pixels are handled as a picture of this width: `remap` takes no picture wider than 32,767 px."""
_WHOLE_PIXEL = np.dtype("V3")
"""An RGB pixel as one thing: NumPy moves those seven times as fast as rows of three bytes."""


def estimate_foreground(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Subject colours (H, W, 3) for a photo and its alpha; only pixels with 0 < alpha < 255 change."""
    soft = cv2.inRange(alpha, 1, 254)
    if not cv2.hasNonZero(soft):
        return rgb
    subject, background = solve(rgb, alpha)
    estimated = np.ascontiguousarray(rgb).copy()
    height, width = alpha.shape
    for rows in strips(height, width):
        at = np.flatnonzero(soft[rows].view(np.bool_))
        if not len(at):
            continue
        y, x = np.divmod(at.astype(np.int32), np.int32(width))
        place = _place(x, y + rows.start, (width, height), subject.shape)
        colours = [_sampled(small, place, len(at)) for small in (subject, background)]
        pixels = estimated[rows].reshape(-1, 3)
        opacity = np.take(alpha[rows].reshape(-1), at).astype(np.float32)[:, None] / 255
        unmixed = _unmixed(np.take(pixels, at, axis=0), opacity, colours[0], colours[1])
        pixels.reshape(-1).view(_WHOLE_PIXEL)[at] = unmixed.reshape(-1).view(_WHOLE_PIXEL)
    return estimated


def _place(
    x: NDArray[Any], y: NDArray[Any], size: tuple[int, int], small: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Where pixels of a picture of `size` lie in the small one: two maps, (N / 1024, 1024), for `remap`."""
    maps = []
    for positions, full_px, small_px in ((x, size[0], small[1]), (y, size[1], small[0])):
        ratio = small_px / full_px
        filled = np.zeros(-(-len(positions) // _COLUMNS) * _COLUMNS, np.float32)
        np.multiply(positions, np.float32(ratio), out=filled[: len(positions)])
        filled += np.float32(0.5 * ratio - 0.5)  # centres of pixels on centres of pixels
        maps.append(filled.reshape(-1, _COLUMNS))
    return maps[0], maps[1]


def _sampled(small: Rgb, place: tuple[NDArray[Any], NDArray[Any]], count: int) -> NDArray[Any]:
    """(count, 3) colours."""
    found = cv2.remap(small, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.reshape(-1, 3)[:count])


def _unmixed(
    photo: NDArray[Any], opacity: NDArray[Any], subject: NDArray[Any], background: NDArray[Any]
) -> NDArray[Any]:
    """Subject colours, uint8 (N, 3), of photo pixels (N, 3) with opacities (N, 1) of 0..1."""
    rest = 1 - opacity
    missing = photo - opacity * subject
    missing -= rest * background
    missing *= opacity / (opacity * opacity + rest * rest)
    missing += subject
    missing += 0.5
    return np.asarray(np.clip(missing, 0, 255), np.uint8)
