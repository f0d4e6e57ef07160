"""What a person's brush, or a frame drawn round the subject, forces."""

import cv2
import numpy as np

from shared.spec.mask import StrokeSpec
from worker.imaging.types import Alpha

_FRACTION_BITS = 4


def draw(alpha: Alpha, strokes: tuple[StrokeSpec, ...]) -> Alpha:
    """Draw the strokes in their order, with smooth edges."""
    if not strokes:
        return alpha
    drawn = alpha.copy()
    for stroke in strokes:
        _draw_one(drawn, stroke)
    return drawn


def inside(alpha: Alpha, roi: tuple[int, int, int, int] | None) -> Alpha:
    """Background outside of x1, y1, x2, y2."""
    if roi is None:
        return alpha
    x1, y1, x2, y2 = roi
    window = np.s_[y1:y2, x1:x2]
    kept = np.zeros_like(alpha)
    kept[window] = alpha[window]
    return kept


def _draw_one(alpha: Alpha, stroke: StrokeSpec) -> None:
    """Change `alpha` in place, only where the brush has been."""
    points = np.array(stroke.points)
    low = np.floor(points.min(axis=0) - stroke.radius - 2).astype(int)
    high = np.ceil(points.max(axis=0) + stroke.radius + 3).astype(int)
    x1, y1 = np.clip(low, 0, alpha.shape[::-1]).tolist()
    x2, y2 = np.clip(high, 0, alpha.shape[::-1]).tolist()
    if x1 >= x2 or y1 >= y2:
        return
    window = alpha[y1:y2, x1:x2]
    brush = np.zeros_like(window)
    # Source pixels count from the corner of the first pixel, OpenCV from its centre.
    fixed = np.rint((points - (x1, y1) - 0.5) * (1 << _FRACTION_BITS)).astype(np.int32)
    if len(fixed) > 1:
        width_px = max(1, round(2 * stroke.radius))
        cv2.polylines(brush, [fixed], False, 255, width_px, cv2.LINE_AA, _FRACTION_BITS)
    # OpenCV's smooth edge lies half a pixel outside of the radius it is given.
    radius = max(1, round((stroke.radius - 0.5) * (1 << _FRACTION_BITS)))
    for x, y in (fixed[0].tolist(), fixed[-1].tolist()):
        cv2.circle(brush, (x, y), radius, 255, cv2.FILLED, cv2.LINE_AA, _FRACTION_BITS)
    window[:] = cv2.max(window, brush) if stroke.mode == "keep" else cv2.min(window, cv2.bitwise_not(brush))
