"""A line through the colours and the matte of every window, and the mean of the lines that hold a pixel."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Alpha, Rgb

Planes = NDArray[Any]
"""float32 (H, W, 4)."""
Columns = NDArray[Any]
"""float32 (C, N): of each wanted window."""

MISFIT = np.float32(0.01 * 255**2)
"""Variance in levels that a window leaves unexplained at which it counts half."""
_WHOLE_PIXEL = np.dtype("V16")
"""Four floats as one thing: NumPy reads and writes those several times as fast as rows of floats."""


def averaged_lines(guide: Rgb, matte: Alpha, wanted: Alpha, radius: int, epsilon: float) -> Planes:
    """Coefficients (h, w, 4), each the mean over the windows that hold the pixel, by how well they fit.

    Right where `wanted` is 1. `guide` (h, w, 3) and `matte` (h, w) are uint8, the lines those of their shares, 0..1.
    """
    side = 2 * radius + 1
    at = np.flatnonzero(cv2.dilate(wanted, np.ones((side, side), np.uint8)).view(np.bool_))
    lines, share = _fitted(epsilon, *(_columns(group, at) for group in _moments(guide, matte, side)))
    weighted, weight = np.zeros((*matte.shape, 4), np.float32), np.zeros(matte.shape, np.float32)
    weighted.reshape(-1).view(_WHOLE_PIXEL)[at] = lines.reshape(-1).view(_WHOLE_PIXEL)
    weight.reshape(-1)[at] = share
    total = np.maximum(cv2.blur(weight, (side, side)), np.float32(1e-9))
    # Four times the weight: dividing like by like is three times as fast as one by four.
    return np.asarray(cv2.divide(cv2.blur(weighted, (side, side)), cv2.merge([total] * 4)))


def _moments(guide: Rgb, matte: Alpha, side: int) -> Iterator[Planes]:
    """Means over windows: r, g, b, p; rr, gg, bb, pp; rp, gp, bp, pp; gb, br, rg, pp. One by one, as memory counts.

    Of whole numbers, whose products fit into 16 bits and whose sums are exact: half the time of floats.
    """
    p = matte.astype(np.uint16)
    red, green, blue = cv2.split(guide.astype(np.uint16))
    levels = cv2.merge([red, green, blue, p])
    yield _mean(levels, side)
    yield _mean(levels * levels, side)
    yield _mean(levels * cv2.merge([p] * 4), side)
    yield _mean(cv2.merge([green, blue, red, p]) * cv2.merge([blue, red, green, p]), side)


def _mean(levels: Planes, side: int) -> Planes:
    return np.asarray(cv2.boxFilter(levels, cv2.CV_32F, (side, side), borderType=cv2.BORDER_REFLECT_101))


def _fitted(
    epsilon: float, means: Columns, squares: Columns, with_p: Columns, crosses: Columns
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Each window's line, (N, 4), times its weight, and that weight, (N,); by Cramer's rule.

    Three by three and symmetric: `square` is the diagonal, `cross` what lies opposite of it (gb, br, rg), and the
    cofactors likewise; colours follow one another in a ring.
    """
    p = means[3]
    mean = _ring(means[:3])
    along = _ring(with_p[:3] - mean[:3] * p)
    square = _ring(squares[:3] - mean[:3] * mean[:3] + np.float32(epsilon * 255**2))
    cross = _ring(crosses[:3] - mean[1:4] * mean[2:5])
    of_square = square[1:4] * square[2:5] - cross[:3] * cross[:3]
    of_cross = _ring(cross[1:4] * cross[2:5] - square[:3] * cross[:3])
    determinant = square[0] * of_square[0] + cross[1] * of_cross[1] + cross[2] * of_cross[2]
    line = of_square * along[:3]
    line += of_cross[2:5] * along[1:4]
    line += of_cross[1:4] * along[2:5]
    line /= np.maximum(determinant, np.float32(1e-6))
    misfit = np.maximum(squares[3] - p * p - _dot(line, along), 0)
    weight = MISFIT / (misfit + MISFIT)
    lines = np.empty((4, len(p)), np.float32)
    np.multiply(line, weight, out=lines[:3])
    np.multiply(p - _dot(line, mean), weight * np.float32(1 / 255), out=lines[3])
    return np.ascontiguousarray(lines.T), weight


def _ring(columns: Columns) -> Columns:
    """Red, green, blue, red, green: rows 1 to 3 are each one's successor, rows 2 to 4 the one after that."""
    return np.concatenate([columns, columns[:2]])


def _dot(one: Columns, other: Columns) -> NDArray[Any]:
    return np.asarray(one[0] * other[0] + one[1] * other[1] + one[2] * other[2])


def _columns(planes: Planes, at: NDArray[Any]) -> Columns:
    found = planes.reshape(-1).view(_WHOLE_PIXEL).take(at)
    return np.asarray(cv2.transpose(found.view(np.float32).reshape(-1, 4)))
