"""Alpha as a linear function of the photo's colours, window by window: alpha = a · I + b (He and Sun, 2015).

Windows count by how well their line fits (`line_fit.py`), so that those across an edge do not blur those along it;
where the uncertain band is wide (hair) they are four times as wide as where it is narrow, and solved at half size.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.refine import RefineSpec
from worker.imaging.types import Alpha, Rgb
from worker.matting.doubt import width_of_band
from worker.matting.line_fit import Planes, averaged_lines

WIDE = 4
LOOK_PX = 3
_TILE_PX = 192
"""Solved piece by piece: most hold no uncertain pixel, and a piece stays in the processor's cache."""
NARROW_BAND, WIDE_BAND = 0.2, 0.5
"""Mean of 4 alpha (1 - alpha) over 7 × 7 px of the matte, from which windows begin to widen, and are wide."""

Box = tuple[slice, slice]
"""Rows and columns."""


def lines_of(guide: Rgb, matte: Alpha, wanted: Alpha, rows: slice, spec: RefineSpec) -> Planes:
    """Coefficients of some rows, float32 (rows, w, 4): three of the colours, one constant; 0 where none is wanted.

    `guide` is the photo at the size of the matte (h, w), as soft as it; `wanted` (h, w) is 1 or 0.
    """
    width = matte.shape[1]
    lines = np.zeros((rows.stop - rows.start, width, 4), np.float32)
    for left in range(0, width, _TILE_PX):
        tile = _bounds(wanted, (rows, slice(left, min(left + _TILE_PX, width))))
        if tile:
            within = slice(tile[0].start - rows.start, tile[0].stop - rows.start)
            lines[within, tile[1]] = _lines_of_tile(guide, matte, wanted, tile, spec)
    return lines


def _lines_of_tile(guide: Rgb, matte: Alpha, wanted: Alpha, tile: Box, spec: RefineSpec) -> Planes:
    lines = _narrow_lines(guide, matte, wanted, tile, spec)
    share = _share_of_wide(matte, tile)
    hair = _bounds(np.minimum(wanted[tile], share > 0), (slice(0, len(share)), slice(0, share.shape[1])))
    if hair:
        rows, columns = (
            slice(of.start + own.start, of.start + own.stop) for of, own in zip(tile, hair, strict=True)
        )
        wide = _wide_lines(guide, matte, wanted, (rows, columns), spec)
        narrow, blend = np.ascontiguousarray(lines[hair]), np.ascontiguousarray(share[hair])
        lines[hair] = cv2.blendLinear(wide, narrow, blend, 1 - blend)
    return lines


def _narrow_lines(guide: Rgb, matte: Alpha, wanted: Alpha, tile: Box, spec: RefineSpec) -> Planes:
    # A window's line looks as far as a window, and each pixel as far as its windows.
    around = _widened(tile, 2 * spec.radius, matte.shape)
    near = _alone(wanted, tile, around)
    lines = averaged_lines(guide[around], matte[around], near, spec.radius, spec.epsilon)
    return lines[_inside(tile, around)]


def _share_of_wide(matte: Alpha, tile: Box) -> NDArray[Any]:
    around = _widened(tile, LOOK_PX, matte.shape)
    share = width_of_band(
        np.multiply(matte[around], np.float32(1 / 255), dtype=np.float32), LOOK_PX, NARROW_BAND, WIDE_BAND
    )
    return share[_inside(tile, around)]


def _wide_lines(guide: Rgb, matte: Alpha, wanted: Alpha, tile: Box, spec: RefineSpec) -> Planes:
    # Even, so that pixels at half the size are the same pairs in every tile.
    around = _widened(tile, 2 * WIDE * spec.radius + 2, matte.shape, multiple=2)
    colours, small = (_halved(plane) for plane in (guide[around], matte[around]))
    # A pixel of half the size is looked at from its own two rows and columns and from one more on each side.
    near = cv2.dilate(_alone(wanted, tile, around), np.ones((4, 4), np.uint8), anchor=(1, 1))[::2, ::2]
    lines = averaged_lines(colours, small, np.ascontiguousarray(near), WIDE * spec.radius // 2, spec.epsilon)
    lines = cv2.resize(lines, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    return np.asarray(lines[_inside(tile, around)])


def _halved(plane: Rgb | Alpha) -> Rgb | Alpha:
    """Each pixel the mean of two by two; the last row or column of an odd number counts twice."""
    below, right = plane.shape[0] % 2, plane.shape[1] % 2
    even = cv2.copyMakeBorder(plane, 0, below, 0, right, cv2.BORDER_REPLICATE) if below or right else plane
    return np.asarray(cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def _bounds(mask: Alpha, within: Box) -> Box | None:
    """Where the mask is not 0 within a part of it; None where it is 0."""
    x, y, width, height = cv2.boundingRect(mask[within])
    top, left = within[0].start + y, within[1].start + x
    return (slice(top, top + height), slice(left, left + width)) if width else None


def _widened(box: Box, margin: int, shape: tuple[int, ...], multiple: int = 1) -> Box:
    """By a margin on each side as far as there are pixels, from and up to a multiple where there are."""
    rows, columns = (
        slice(
            max(0, extent.start - margin) // multiple * multiple,
            min(-(-(extent.stop + margin) // multiple) * multiple, side),
        )
        for extent, side in zip(box, shape, strict=True)
    )
    return rows, columns


def _alone(wanted: Alpha, box: Box, around: Box) -> Alpha:
    """The wider box of what is wanted, without what others look at."""
    near = np.zeros_like(wanted[around])
    near[_inside(box, around)] = wanted[box]
    return near


def _inside(box: Box, around: Box) -> Box:
    """The box as the wider one counts."""
    rows, columns = (
        slice(inner.start - outer.start, inner.stop - outer.start)
        for inner, outer in zip(box, around, strict=True)
    )
    return rows, columns
