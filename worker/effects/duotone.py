"""Shades between two colours."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.effects import DuotoneSpec
from worker.imaging.colour import color_in
from worker.imaging.types import Cutout, Scene


def apply(cutout: Cutout, spec: DuotoneSpec, scene: Scene) -> Cutout:
    """Paint every colour as its brightness says; alpha stays."""
    if spec.amount == 0:
        return cutout
    grey = cv2.cvtColor(cv2.cvtColor(cutout.rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    painted = cv2.LUT(grey, _shades(spec, cutout.icc_profile))
    mixed = cv2.addWeighted(painted, spec.amount, cutout.rgb, 1 - spec.amount, 0)
    return cutout.with_pixels(mixed, cutout.alpha)


def _shades(spec: DuotoneSpec, icc_profile: bytes | None) -> NDArray[Any]:
    """The colour of each brightness: uint8 (1, 256, 3)."""
    dark, light = (
        np.array(color_in(color, icc_profile)[:3], np.float32) for color in (spec.shadows, spec.highlights)
    )
    share = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    shades: NDArray[Any] = np.rint(dark * (1 - share) + light * share).astype(np.uint8)
    return shades[None]
