"""Where the subject is, and cutting the canvas to it."""

from collections.abc import Sequence

import cv2
import numpy as np

from shared.spec.length import Length, in_px
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
    return _cut(cutout, box, [max(box[2:]) * margin_percent / 100] * 4)


def crop_by_sides(cutout: Cutout, margins: Sequence[Length]) -> Cutout:
    """`crop` with a margin for each side: top, right, bottom, left, in px or in percent of the same."""
    box = subject_box(cutout.alpha)
    if box is None:
        return cutout
    return _cut(cutout, box, [in_px(margin, max(box[2:])) for margin in margins])


def _cut(cutout: Cutout, box: Box, margins_px: Sequence[float]) -> Cutout:
    """To `box` and what is left round it: top, right, bottom, left."""
    x, y, width, height = box
    canvas_height, canvas_width = cutout.alpha.shape
    top, right, bottom, left = map(round, margins_px)
    return grow(
        cutout, left - x, top - y, right - (canvas_width - x - width), bottom - (canvas_height - y - height)
    )
