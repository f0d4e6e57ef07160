"""Connected parts of the matte: specks and pinholes removed, holes filled, the largest subject kept.

All of them keep the soft band of what stays: parts are told apart on hard copies of the matte, and only pixels of
the parts that go are written to (opening and closing by reconstruction; Vincent, IEEE TIP 1993).
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Alpha

_FAINT = 26
"""A tenth: fainter haze does not tie a speck to the subject."""
_STEPS = 3
_HOLE_LEVELS = (255, 192, 128)
"""A hole counts as enclosed when its whole rim is at least so opaque, and is filled up to that."""


def clean_up(alpha: Alpha, kernel_px: int) -> Alpha:
    """Remove specks, then pinholes, that hold no square of `kernel_px`; twice is the same as once."""
    if kernel_px <= 1:
        return alpha
    window = _window(cv2.inRange(alpha, _FAINT, 255), kernel_px + 1)
    part = alpha[window]
    opened = _without_small_parts(part, kernel_px)
    closed = cv2.bitwise_not(_without_small_parts(cv2.bitwise_not(opened), kernel_px))
    cleaned = alpha.copy()
    cleaned[window] = np.reshape(closed, part.shape)
    return cleaned


def fill_holes(alpha: Alpha) -> Alpha:
    """Make opaque what the subject encloses on all sides."""
    for level in _HOLE_LEVELS:
        alpha = _filled(alpha, level)
    return alpha


def keep_largest(alpha: Alpha) -> Alpha:
    """Remove all parts but the one with the largest area at half opacity; soft pixels go with the nearest part."""
    core = cv2.inRange(alpha, 128, 255)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(core)
    if count <= 2:
        return alpha
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    ours = (parts == largest).view(np.uint8)
    theirs = core & (1 - ours)
    nearer = (_distance_to(ours) <= _distance_to(theirs)).view(np.uint8)
    return np.asarray(cv2.copyTo(alpha, nearer))


def _distance_to(mask: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(cv2.distanceTransform((mask == 0).view(np.uint8), cv2.DIST_L2, 3))


def _without_small_parts(alpha: Alpha, kernel_px: int) -> Alpha:
    kernel = np.ones((kernel_px, kernel_px), np.uint8)
    support = cv2.inRange(alpha, _FAINT, 255)
    # A part that holds no square vanishes when opened; the others lose corners and hairs, and get them back: the
    # near ones by a few steps of dilation inside the support, the rest by looking at whole parts.
    kept = cv2.morphologyEx(support, cv2.MORPH_OPEN, kernel)
    for _ in range(_STEPS):
        kept = cv2.bitwise_and(cv2.dilate(kept, kernel), support)
    doubtful = cv2.subtract(support, kept)
    if not cv2.hasNonZero(doubtful):
        return alpha
    window = _window(doubtful, 1)
    small = np.zeros_like(support)
    small[window] = _whole_parts(support[window], doubtful[window])
    haze = cv2.subtract(cv2.dilate(small, kernel), support)
    return np.asarray(cv2.subtract(cv2.subtract(alpha, small), haze))


def _whole_parts(support: Alpha, doubtful: Alpha) -> Alpha:
    """255 in the parts of `support` of which every pixel is doubtful."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(support)
    at = np.flatnonzero(np.ascontiguousarray(doubtful).view(np.bool_))
    labels = np.take(parts.reshape(-1), at)
    vanishes = np.bincount(labels, minlength=count) == stats[:, cv2.CC_STAT_AREA]
    small = np.zeros_like(support)
    small.reshape(-1)[at[vanishes[labels]]] = 255
    return small


def _window(mask: Alpha, margin: int) -> tuple[slice, slice]:
    """Where the mask is not 0, and so many px round it."""
    x, y, width, height = cv2.boundingRect(mask)
    return (
        slice(max(0, y - margin), min(mask.shape[0], y + height + margin)),
        slice(max(0, x - margin), min(mask.shape[1], x + width + margin)),
    )


def _filled(alpha: Alpha, level: int) -> Alpha:
    lower = cv2.inRange(alpha, 0, level - 1)
    framed = cv2.copyMakeBorder(lower, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=255)
    cv2.floodFill(framed, None, (0, 0), 0)  # the outside, from the frame
    enclosed = framed[1:-1, 1:-1]
    return np.maximum(alpha, np.minimum(enclosed, level), dtype=np.uint8)
