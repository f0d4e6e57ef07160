"""The subject fading out toward its edge."""

import cv2
import numpy as np

from shared.spec.effects import FeatherEdgesSpec
from worker.imaging.blur import gaussian
from worker.imaging.types import Alpha, Cutout, Scene

_SOLID_GAIN = 4.0
"""A quarter covered counts as subject: a veil or a glass is to keep its own translucency away from its edge."""


def apply(cutout: Cutout, spec: FeatherEdgesSpec, scene: Scene) -> Cutout:
    """Take alpha away within the width of the edge; what lies beyond the photo's frame is no edge."""
    sigma_px = spec.width / 2 * cutout.longer_side / 100
    if sigma_px == 0:
        return cutout
    return cutout.with_pixels(
        cutout.rgb, cv2.multiply(cutout.alpha, _inside(cutout.alpha, sigma_px), scale=1 / 255)
    )


def _inside(alpha: Alpha, sigma_px: float) -> Alpha:
    """0 at the edge, where a blur leaves a half, to 255 at two sigmas inside, where it leaves all."""
    shape = cv2.convertScaleAbs(alpha, alpha=_SOLID_GAIN)
    shape = np.ascontiguousarray(gaussian(shape, sigma_px))
    return cv2.addWeighted(shape, 2, shape, 0, -255)
