"""The subject's own shape, blurred, moved and laid under it."""

import cv2

from shared.spec.effects import DropShadowSpec
from worker.imaging.colour import color_in
from worker.imaging.composite import beneath, plain
from worker.imaging.crop import subject_box
from worker.imaging.silhouette import blurred, reach_px
from worker.imaging.types import Cutout, Scene


def apply(cutout: Cutout, spec: DropShadowSpec, scene: Scene) -> Cutout:
    """Lay the shadow under the subject; the canvas grows by what the shadow needs and no more."""
    red, green, blue, color_alpha = color_in(spec.color, cutout.icc_profile)
    strength = spec.opacity * color_alpha / 255
    box = subject_box(cutout.alpha, faintest=1)
    if box is None or strength == 0:
        return cutout
    per_cent = cutout.longer_side / 100
    sigma_px = spec.blur * per_cent
    shadow = cv2.convertScaleAbs(blurred(cutout.alpha, box, sigma_px), alpha=strength)
    x = box[0] - reach_px(sigma_px) + round(spec.offset_x * per_cent)
    y = box[1] - reach_px(sigma_px) + round(spec.offset_y * per_cent)
    return beneath(cutout, plain((red, green, blue), *shadow.shape), shadow, at=(x, y))
