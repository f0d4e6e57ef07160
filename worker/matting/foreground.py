"""Colours of the subject alone: in a soft edge the photo shows a blend of subject and background.

Smooth colours F' and B' are solved small (`multilevel.py`). At full size only soft pixels are looked at, each
moved onto the blend that it is: F = F' + a r / (a² + b²) with r = I - a F' - b B', a the alpha, b = 1 - a: the
nearest pair of colours that mixes to the photo. Detail comes from there, so small colours suffice.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Alpha, Rgb
from worker.matting.multilevel import solve
from worker.matting.soft_pixels import soft_pixels


def estimate_foreground(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Subject colours (H, W, 3) for a photo and its alpha; only pixels with 0 < alpha < 255 change."""
    if not cv2.hasNonZero(cv2.inRange(alpha, 1, 254)):
        return rgb
    subject, background = solve(rgb, alpha)
    estimated = np.array(rgb)
    for soft in soft_pixels(alpha):
        opacity = soft.of(alpha).astype(np.float32)[:, None] / 255
        soft.write(
            estimated, _unmixed(soft.of(rgb), opacity, soft.sampled(subject), soft.sampled(background))
        )
    return estimated


def _unmixed(
    photo: NDArray[Any], opacity: NDArray[Any], subject: NDArray[Any], background: NDArray[Any]
) -> NDArray[Any]:
    """Subject colours, uint8 (N, 3), of photo pixels (N, 3) with opacities (N, 1) of 0..1."""
    rest = 1 - opacity
    missing = photo - opacity * subject
    missing -= rest * background
    missing *= opacity / (opacity * opacity + rest * rest)
    missing += subject
    missing += 0.5
    return np.asarray(np.clip(missing, 0, 255), np.uint8)
