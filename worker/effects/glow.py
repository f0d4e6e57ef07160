"""Light that spreads from behind the subject."""

import cv2

from shared.spec.effects import GlowSpec
from worker.imaging.colour import color_in
from worker.imaging.composite import beneath, plain
from worker.imaging.crop import subject_box
from worker.imaging.silhouette import blurred, reach_px
from worker.imaging.types import Alpha, Cutout, Scene

_EDGE_GAIN = 2.0
"""A blurred straight edge is half as strong as what it bounds: so it is solid there, and 0.32 a sigma away."""


def apply(cutout: Cutout, spec: GlowSpec, scene: Scene) -> Cutout:
    """Lay the light under the subject; the canvas grows by what it needs."""
    red, green, blue, color_alpha = color_in(spec.color, cutout.icc_profile)
    strength = spec.opacity * color_alpha / 255
    box = subject_box(cutout.alpha, faintest=1)
    if box is None or strength == 0:
        return cutout
    sigma_px = spec.size * cutout.longer_side / 100
    light = _light(blurred(cutout.alpha, box, sigma_px), strength)
    at = (box[0] - reach_px(sigma_px), box[1] - reach_px(sigma_px))
    return beneath(cutout, plain((red, green, blue), *light.shape), light, at=at)


def _light(shape: Alpha, strength: float) -> Alpha:
    solid = cv2.convertScaleAbs(shape, alpha=_EDGE_GAIN)
    return cv2.convertScaleAbs(solid, alpha=strength)
