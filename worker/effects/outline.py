"""A line of even width round the subject."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.effects import OutlineSpec
from worker.imaging.colour import color_in
from worker.imaging.composite import beneath, plain
from worker.imaging.crop import subject_box
from worker.imaging.silhouette import roomy
from worker.imaging.types import Alpha, Cutout, Scene

_SOLID = 128
"""The line begins where the subject is at least half there."""
_HALVED_FROM_PX = 16
"""A line at least so wide is measured on a picture half as large: four times quicker, within a pixel."""
_INSET_PX = 0.25
"""From the centres of the outermost pixels, where distances begin, to the edge: 0.5 if straight, 0 if curved."""
_ROOM_PX = 4
"""Added on each side while distances are averaged and enlarged, so that no border bends them; even, to be halved."""


def apply(cutout: Cutout, spec: OutlineSpec, scene: Scene) -> Cutout:
    """Lay the line under the subject's edge; the canvas grows by what the line needs."""
    red, green, blue, color_alpha = color_in(spec.color, cutout.icc_profile)
    width_px = spec.width * cutout.longer_side / 100
    box = subject_box(cutout.alpha, faintest=_SOLID // _reduction(width_px))
    if box is None or color_alpha == 0:
        return cutout
    margin = math.ceil(width_px) + 2  # the smooth edge, and the inset
    line = cv2.convertScaleAbs(widened(roomy(cutout.alpha, box, margin), width_px), alpha=color_alpha / 255)
    at = (box[0] - margin, box[1] - margin)
    return beneath(cutout, plain((red, green, blue), *line.shape), line, at=at)


def widened(alpha: Alpha, width_px: float) -> Alpha:
    """The shape grown by `width_px` on every side, with a smooth edge: 255 within, 0 beyond."""
    distance = _distance(alpha, _reduction(width_px))
    # Half covered at the width itself, from full to nothing within a pixel.
    return cv2.convertScaleAbs(np.maximum((width_px + 0.5) - distance, 0), alpha=255)


def _reduction(width_px: float) -> int:
    return 2 if width_px >= _HALVED_FROM_PX else 1


def _distance(alpha: Alpha, factor: int) -> NDArray[Any]:
    """Distance in px of each pixel's centre to the shape's edge, negative inside.

    Euclidean (Felzenszwalb and Huttenlocher 2012), float32 (H, W).
    """
    height, width = alpha.shape
    border = (_ROOM_PX, _ROOM_PX + height % factor, _ROOM_PX, _ROOM_PX + width % factor)
    padded = cv2.copyMakeBorder(alpha, *border, cv2.BORDER_CONSTANT, value=0)
    full = (padded.shape[1], padded.shape[0])
    small = cv2.resize(padded, (full[0] // factor, full[1] // factor), interpolation=cv2.INTER_AREA)
    # On a halved picture a strand one pixel wide is half as strong, and must count all the same.
    outside = (small < _SOLID // factor).view(np.uint8)
    # Averaged, or the steps of a slanted edge would show as steps in the line.
    away = cv2.blur(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), (3, 3))
    away = cv2.resize(away, full, interpolation=cv2.INTER_LINEAR)
    return away[_ROOM_PX : _ROOM_PX + height, _ROOM_PX : _ROOM_PX + width] * factor - _INSET_PX
