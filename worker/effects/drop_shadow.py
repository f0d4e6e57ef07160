"""The subject's own shape, blurred, moved and laid under it."""

import math

import cv2
import numpy as np

from shared.spec.effects import DropShadowSpec
from worker.imaging.blur import gaussian
from worker.imaging.colour import color_in
from worker.imaging.composite import grow, plain, under
from worker.imaging.crop import Box, subject_box
from worker.imaging.types import Alpha, Cutout, Scene

_REACH_SIGMAS = 3.0
"""Beyond it a straight edge's shadow is 0.1 %: less than half a level of alpha."""


def apply(cutout: Cutout, spec: DropShadowSpec, scene: Scene) -> Cutout:
    """Lay the shadow under the subject; the canvas grows by what the shadow needs and no more."""
    red, green, blue, color_alpha = color_in(spec.color, cutout.icc_profile)
    strength = spec.opacity * color_alpha / 255
    box = subject_box(cutout.alpha, faintest=1)
    if box is None or strength == 0:
        return cutout
    per_cent = cutout.longer_side / 100
    sigma_px = spec.blur * per_cent
    shadow = _shadow(cutout.alpha, box, sigma_px, strength)
    margin = _reach(sigma_px)
    x = box[0] - margin + round(spec.offset_x * per_cent)
    y = box[1] - margin + round(spec.offset_y * per_cent)
    height, width = shadow.shape
    left, top = max(0, -x), max(0, -y)
    canvas_height, canvas_width = cutout.alpha.shape
    right, bottom = max(0, x + width - canvas_width), max(0, y + height - canvas_height)
    canvas = grow(cutout, left, top, right, bottom)
    return under(canvas, plain((red, green, blue), height, width), shadow, at=(x + left, y + top))


def _shadow(alpha: Alpha, box: Box, sigma_px: float, strength: float) -> Alpha:
    """The blurred shape in `box`, widened on each side by the blur's reach."""
    x, y, width, height = box
    margin = _reach(sigma_px)
    shape = alpha[y : y + height, x : x + width]
    shape = cv2.copyMakeBorder(shape, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    blurred = gaussian(shape, sigma_px)
    return cv2.convertScaleAbs(np.ascontiguousarray(blurred), alpha=strength)


def _reach(sigma_px: float) -> int:
    return math.ceil(_REACH_SIGMAS * sigma_px)
