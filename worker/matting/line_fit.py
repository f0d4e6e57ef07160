"""A line through the colours and the matte of every window, and the mean of the lines that hold a pixel."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Alpha

Planes = NDArray[Any]
"""float32 (H, W, C)."""
Columns = NDArray[Any]
"""float32 (C, N): of each wanted window."""

_MISFIT = 0.01
"""Variance that a window leaves unexplained at which it counts half."""
_WHOLE_LINE = np.dtype("V16")
"""Four coefficients as one thing: NumPy writes those several times as fast as rows of floats."""


def averaged_lines(guide: Planes, matte: NDArray[Any], wanted: Alpha, radius: int, epsilon: float) -> Planes:
    """Coefficients (h, w, 4), each the mean over the windows that hold the pixel, by how well they fit.

    Right where `wanted` is 1; `guide` (h, w, 3) and `matte` (h, w) are float32 0..1.
    """
    side = 2 * radius + 1
    at = np.flatnonzero(cv2.dilate(wanted, np.ones((side, side), np.uint8)).view(np.bool_))
    lines, share = _fitted([_columns(group, at) for group in _moments(guide, matte, side)], epsilon)
    weighted, weight = np.zeros((*matte.shape, 4), np.float32), np.zeros(matte.shape, np.float32)
    weighted.reshape(-1).view(_WHOLE_LINE)[at] = lines.reshape(-1).view(_WHOLE_LINE)
    weight.reshape(-1)[at] = share
    total = np.maximum(cv2.blur(weight, (side, side)), np.float32(1e-9))
    # Four times the weight: dividing like by like is three times as fast as one by four.
    return np.asarray(cv2.divide(cv2.blur(weighted, (side, side)), cv2.merge([total] * 4)))


def _moments(guide: Planes, matte: NDArray[Any], side: int) -> list[Planes]:
    """Means over windows: r, g, b, p; rp, gp, bp, pp; rr, gg, bb; gb, br, rg."""
    red, green, blue = cv2.split(guide)
    groups = [
        [red, green, blue, matte],
        [red * matte, green * matte, blue * matte, matte * matte],
        [red * red, green * green, blue * blue],
        [green * blue, blue * red, red * green],
    ]
    return [cv2.blur(cv2.merge(group), (side, side), borderType=cv2.BORDER_REFLECT_101) for group in groups]


def _fitted(moments: list[Columns], epsilon: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Each window's line, (N, 4), times its weight, and that weight, (N,); by Cramer's rule.

    Three by three and symmetric: `square` is the diagonal, `cross` what lies opposite of it (gb, br, rg), and the
    cofactors likewise; colours follow one another in a ring.
    """
    (*_, p), (*_, pp) = moments[0], moments[1]
    mean = _ring(moments[0][:3])
    with_p = _ring(moments[1][:3] - mean[:3] * p)
    square = _ring(moments[2] - mean[:3] * mean[:3] + np.float32(epsilon))
    cross = _ring(moments[3] - mean[1:4] * mean[2:5])
    of_square = square[1:4] * square[2:5] - cross[:3] * cross[:3]
    of_cross = _ring(cross[1:4] * cross[2:5] - square[:3] * cross[:3])
    determinant = square[0] * of_square[0] + cross[1] * of_cross[1] + cross[2] * of_cross[2]
    line = of_square * with_p[:3]
    line += of_cross[2:5] * with_p[1:4]
    line += of_cross[1:4] * with_p[2:5]
    line /= np.maximum(determinant, np.float32(1e-20))
    misfit = np.maximum(pp - p * p - _dot(line, with_p), 0)
    weight = _MISFIT / (misfit + np.float32(_MISFIT))
    lines = np.empty((len(p), 4), np.float32)
    np.multiply(line.T, weight[:, None], out=lines[:, :3])
    np.multiply(p - _dot(line, mean), weight, out=lines[:, 3])
    return lines, weight


def _ring(columns: Columns) -> Columns:
    """Red, green, blue, red, green: rows 1 to 3 are each one's successor, rows 2 to 4 the one after that."""
    return np.concatenate([columns, columns[:2]])


def _dot(one: Columns, other: Columns) -> NDArray[Any]:
    return np.asarray(one[0] * other[0] + one[1] * other[1] + one[2] * other[2])


def _columns(planes: Planes, at: NDArray[Any]) -> Columns:
    return np.ascontiguousarray(planes.reshape(-1, planes.shape[2]).take(at, axis=0).T)
