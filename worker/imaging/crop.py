"""Where the subject is, and cutting the canvas to it."""

import cv2
import numpy as np

from worker.imaging.composite import grow
from worker.imaging.types import Alpha, Cutout

FAINTEST_VISIBLE = 4
"""Alpha below it (1.5 %) is a network's haze: it must not keep an empty border from being cut away."""

Box = tuple[int, int, int, int]
"""x, y, width, height in px."""


def subject_box(alpha: Alpha, faintest: int = FAINTEST_VISIBLE) -> Box | None:
    """The smallest box that holds every pixel of at least `faintest`, or None when there is none."""
    x, y, width, height = cv2.boundingRect((alpha >= faintest).view(np.uint8))
    return (x, y, width, height) if width else None


def crop(cutout: Cutout, margin_percent: float = 0.0) -> Cutout:
    """Cut the canvas to the subject with a margin in percent of the subject's longer side.

    The margin is the same on every side, even where the canvas must grow for it. Nothing happens without a
    subject. Meant before the effects: a background fills what this leaves, a shadow grows what it needs.
    """
    box = subject_box(cutout.alpha)
    if box is None:
        return cutout
    x, y, width, height = box
    margin_px = round(max(width, height) * margin_percent / 100)
    canvas_height, canvas_width = cutout.alpha.shape
    right, bottom = canvas_width - x - width, canvas_height - y - height
    return grow(cutout, margin_px - x, margin_px - y, margin_px - right, margin_px - bottom)
