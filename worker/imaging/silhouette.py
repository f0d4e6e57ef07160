"""The subject's shape by itself, as shadows and lights are made of it."""

import math

import cv2
import numpy as np

from worker.imaging.blur import gaussian
from worker.imaging.crop import Box
from worker.imaging.types import Alpha

_REACH_SIGMAS = 3.0
"""Beyond it a straight edge's blur is 0.1 %: less than half a level of alpha."""


def reach_px(sigma_px: float) -> int:
    """How far a blur spreads."""
    return math.ceil(_REACH_SIGMAS * sigma_px)


def blurred(alpha: Alpha, box: Box, sigma_px: float) -> Alpha:
    """The shape in `box`, widened on each side by the blur's reach."""
    return np.ascontiguousarray(gaussian(roomy(alpha, box, reach_px(sigma_px)), sigma_px))


def roomy(alpha: Alpha, box: Box, margin: int) -> Alpha:
    """What is in `box`, with `margin` px of nothing on each side."""
    x, y, width, height = box
    shape = alpha[y : y + height, x : x + width]
    return cv2.copyMakeBorder(shape, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
