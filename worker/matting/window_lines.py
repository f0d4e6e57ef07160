"""Alpha as a linear function of the photo's colours, window by window: alpha = a · I + b (He and Sun, 2015).

Windows count by how well their line fits, so that those across an edge do not blur those along it; where the
uncertain band is wide (hair) they are four times as wide as where it is narrow, and solved at half the size.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.refine import RefineSpec
from worker.imaging.types import Alpha, Rgb
from worker.matting.doubt import width_of_band

Planes = NDArray[Any]
"""float32 (H, W, C)."""

_MISFIT = 0.01
"""Variance that a window leaves unexplained at which it counts half."""
_WIDE = 4
_LOOK_PX = 3
_TILE_PX = 128
"""Solved piece by piece: most hold no uncertain pixel, and a piece stays in the processor's cache."""
_NARROW_BAND, _WIDE_BAND = 0.2, 0.5
"""Mean of 4 alpha (1 - alpha) over 7 × 7 px of the matte, from which windows begin to widen, and are wide."""


def lines_of(guide: Rgb, matte: NDArray[Any], wanted: Alpha, rows: slice, spec: RefineSpec) -> Planes:
    """Coefficients of some rows, float32 (rows, w, 4): three of the colours, one constant; 0 where none is wanted.

    `guide` (h, w, 3) is the photo at the size of the matte (h, w), float32 0..1; `wanted` (h, w) is 1 or 0.
    """
    width = matte.shape[1]
    lines = np.zeros((rows.stop - rows.start, width, 4), np.float32)
    for left in range(0, width, _TILE_PX):
        x, y, across, down = cv2.boundingRect(wanted[rows, left : left + _TILE_PX])
        if across:
            x, y = x + left, y + rows.start
            found = _lines_of_tile(guide, matte, wanted, (slice(y, y + down), slice(x, x + across)), spec)
            lines[y - rows.start : y - rows.start + down, x : x + across] = found
    return lines


def _lines_of_tile(
    guide: Rgb, matte: NDArray[Any], wanted: Alpha, tile: tuple[slice, slice], spec: RefineSpec
) -> Planes:
    # Even, so that pixels at half the size are the same pairs in every tile.
    margin = 2 * _WIDE * spec.radius + 2
    around = (_widened(tile[0], margin), _widened(tile[1], margin))
    colours = guide[around].astype(np.float32) * np.float32(1 / 255)
    found = _blended_lines(colours, np.ascontiguousarray(matte[around]), wanted[around], spec)
    top, left = tile[0].start - around[0].start, tile[1].start - around[1].start
    return found[top : top + tile[0].stop - tile[0].start, left : left + tile[1].stop - tile[1].start]


def _widened(extent: slice, margin: int) -> slice:
    return slice(max(0, extent.start - margin) // 2 * 2, (extent.stop + margin + 1) // 2 * 2)


def _blended_lines(colours: Planes, matte: NDArray[Any], wanted: Alpha, spec: RefineSpec) -> Planes:
    narrow = _averaged_lines(colours, matte, wanted, spec.radius, spec.epsilon)
    share = width_of_band(matte, _LOOK_PX, _NARROW_BAND, _WIDE_BAND)
    if not share.any():
        return narrow
    half = (max(1, matte.shape[1] // 2), max(1, matte.shape[0] // 2))
    small = [cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (colours, matte)]
    near = cv2.dilate(wanted, np.ones((3, 3), np.uint8))
    near = cv2.resize(near, half, interpolation=cv2.INTER_NEAREST)
    wide = _averaged_lines(small[0], small[1], near, _WIDE * spec.radius // 2, spec.epsilon)
    wide = cv2.resize(wide, matte.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.blendLinear(wide, narrow, share, 1 - share))


def _averaged_lines(guide: Planes, matte: NDArray[Any], wanted: Alpha, radius: int, epsilon: float) -> Planes:
    """Coefficients (h, w, 4), each the mean over the windows that hold the pixel, by how well they fit."""
    side = 2 * radius + 1
    at = np.flatnonzero(cv2.dilate(wanted, np.ones((side, side), np.uint8)).view(np.bool_))
    weighted = np.zeros((*matte.shape, 4), np.float32)
    weight = np.zeros(matte.shape, np.float32)
    line, misfit = _fitted(_moments(guide, matte, side), at, epsilon)
    share = _MISFIT / (misfit + _MISFIT)
    weight.reshape(-1)[at] = share
    line *= share[:, None]
    weighted.reshape(-1, 4)[at] = line
    total = cv2.blur(weight, (side, side))
    return np.asarray(cv2.blur(weighted, (side, side)) / np.maximum(total, 1e-9)[..., None])


def _moments(guide: Planes, matte: NDArray[Any], side: int) -> list[NDArray[Any]]:
    """Means over windows, (h, w) each: r, g, b, p; rp, gp, bp, pp; rr, rg, rb, gg; gb, bb."""
    red, green, blue = cv2.split(guide)
    pairs = [
        [red, green, blue, matte],
        [red * matte, green * matte, blue * matte, matte * matte],
        [red * red, red * green, red * blue, green * green],
        [green * blue, blue * blue],
    ]
    return [cv2.blur(cv2.merge(group), (side, side), borderType=cv2.BORDER_REFLECT_101) for group in pairs]


def _fitted(
    moments: list[NDArray[Any]], at: NDArray[Any], epsilon: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The line of each window at `at`, (N, 4), and the variance it leaves unexplained, (N,); Cramer's rule."""
    first, with_p, second, third = (
        np.ascontiguousarray(np.take(group.reshape(-1, group.shape[2]), at, axis=0).T) for group in moments
    )
    r, g, b, p = first
    rp, gp, bp = with_p[:3] - first[:3] * p
    rr, rg, rb, gg = (
        second[0] - r * r + epsilon,
        second[1] - r * g,
        second[2] - r * b,
        second[3] - g * g + epsilon,
    )
    gb, bb = third[0] - g * b, third[1] - b * b + epsilon
    c_rr, c_rg, c_rb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    scale = 1 / np.maximum(rr * c_rr + rg * c_rg + rb * c_rb, 1e-20)
    red = (c_rr * rp + c_rg * gp + c_rb * bp) * scale
    green = (c_rg * rp + c_gg * gp + c_gb * bp) * scale
    blue = (c_rb * rp + c_gb * gp + c_bb * bp) * scale
    misfit = with_p[3] - p * p - red * rp - green * gp - blue * bp
    line = np.stack([red, green, blue, p - red * r - green * g - blue * b], axis=1)
    return line, np.maximum(misfit, 0)
