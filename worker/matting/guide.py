"""The photo at a matte's size, as the guide of the matte's edges."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from worker.imaging.types import Rgb

SIDE_PX = 5
"""Two px each way, four sigmas: the Gaussian that softens is no wider."""
_MATTE_SIGMA_PX = 0.5
"""A network's edge is softer than its pixels are large; a guide as soft leaves the sharpness to the photo."""


def softened(small: Rgb, photo: Rgb) -> Rgb:
    """The guide: as soft as the matte is; `photo` is what `small` (h, w, 3) was shrunk from."""
    down, across = sigmas_px(small.shape[:2], photo.shape[:2])
    return np.asarray(cv2.GaussianBlur(small, (SIDE_PX, SIDE_PX), sigmaX=across, sigmaY=down))


def sigmas_px(small: Sequence[int], photo: Sequence[int]) -> tuple[float, float]:
    """Of the Gaussian that softens, down and across; both pictures by height and width."""
    factors = [large / side for large, side in zip(photo, small, strict=True)]
    halvings = max(0, math.floor(math.log2(min(factors))))
    down, across = (_sigma_px(factor / 2**halvings) for factor in factors)
    return down, across


def _sigma_px(factor: float) -> float:
    """Variances of a pixel of the matte (1/12) and of its blur, less that of the tent that shrank the photo last."""
    return math.sqrt(max(0.1, 1 / 12 + _MATTE_SIGMA_PX**2 - 1 / (6 * factor * factor)))
