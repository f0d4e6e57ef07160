"""Brightness, contrast, saturation, temperature."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.effects import ColorGradeSpec
from worker.imaging.colour import LUMA, saturate
from worker.imaging.types import Cutout, Scene

_WARMTH = 0.2
"""How much more red, and less blue, a temperature of 1 lets through."""


def apply(cutout: Cutout, spec: ColorGradeSpec, scene: Scene) -> Cutout:
    """Change the colours in the photo's own space; alpha stays."""
    rgb = cutout.rgb
    if spec.saturation != 0:
        rgb = saturate(rgb, 1 + spec.saturation)
    if (spec.brightness, spec.contrast, spec.temperature) != (0, 0, 0):
        rgb = cv2.LUT(rgb, _curves(spec))
    return cutout.with_pixels(rgb, cutout.alpha) if rgb is not cutout.rgb else cutout


def _curves(spec: ColorGradeSpec) -> NDArray[Any]:
    """What each level of red, green and blue becomes: uint8 (1, 256, 3)."""
    level = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    warmer = 1 + _WARMTH * spec.temperature * np.array([1, 0, -1], np.float32)
    curve = level * (warmer / (warmer @ LUMA))
    curve = np.clip(curve, 0, 1) ** np.float32(2**-spec.brightness)
    curve = (curve - 0.5) * np.float32(2**spec.contrast) + 0.5
    curves: NDArray[Any] = np.rint(np.clip(curve, 0, 1) * 255).astype(np.uint8)
    return curves[None]
