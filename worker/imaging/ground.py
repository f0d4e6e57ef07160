"""Where a subject stands: the line through the points on which it touches the ground."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Alpha

_SOLID = 128
_STEEPEST = 0.35
"""Rise of the ground across the picture, px to px: paws and wheels at different depths stand at different heights."""

Line = NDArray[Any]
"""A row for each column of the picture, float32 (W,), counted downward from its upper edge."""


def lowest_rows(alpha: Alpha) -> Line:
    """The row below the lowest solid pixel of each column; -inf where there is none."""
    # Turned, so that the search ends at the first hit in each row.
    columns = cv2.rotate((alpha >= _SOLID).view(np.uint8), cv2.ROTATE_90_CLOCKWISE).view(bool)
    free = columns.argmax(axis=1)
    rows: Line = (alpha.shape[0] - free).astype(np.float32)
    rows[~columns[np.arange(len(free)), free]] = -np.inf
    return rows


def ground_line(lowest: Line) -> Line:
    """The lowest line over `lowest` that has no dents and is nowhere steep; level at the bottom without a subject.

    Straight between a subject's feet, it follows nothing between them; beyond them it rises no more than ground may.
    """
    columns = np.arange(len(lowest), dtype=np.float32)
    if not np.isfinite(lowest).any():
        return np.zeros_like(lowest)
    slope = columns * np.float32(_STEEPEST)
    from_left = np.maximum.accumulate(lowest + slope) - slope
    from_right = np.maximum.accumulate((lowest - slope)[::-1])[::-1] + slope
    reached = np.maximum(from_left, from_right)
    # Its convex hull, closed far above: the rest of the hull is the line.
    ends = np.array([(0, -1e6), (columns[-1], -1e6)], np.float32)
    points = np.concatenate([np.stack([columns, reached], axis=1), ends])
    hull = cv2.convexHull(points.reshape(-1, 1, 2)).reshape(-1, 2)
    hull = hull[hull[:, 1] > -1e6]
    hull = hull[np.argsort(hull[:, 0])]
    line: Line = np.interp(columns, hull[:, 0], hull[:, 1]).astype(np.float32)
    return line
