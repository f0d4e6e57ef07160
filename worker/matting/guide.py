"""The photo at a matte's size, as the guide of the matte's edges."""

import math

import cv2
import numpy as np

from worker.imaging.types import Rgb

_MATTE_SIGMA_PX = 0.5
"""A network's edge is softer than its pixels are large; a guide as soft leaves the sharpness to the photo."""


def shrunk(rgb: Rgb, shape: tuple[int, ...]) -> Rgb:
    """The photo (H, W, 3) at a shape of (h, w), each pixel the mean of those it covers, nearly."""
    height, width = shape[:2]
    while rgb.shape[0] >= 2 * height or rgb.shape[1] >= 2 * width:
        down, across = 1 + (rgb.shape[0] >= 2 * height), 1 + (rgb.shape[1] >= 2 * width)
        even = rgb[: rgb.shape[0] // down * down, : rgb.shape[1] // across * across]
        # Whole factors are averaged ten times as fast as others.
        size = (even.shape[1] // across, even.shape[0] // down)
        rgb = np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_LINEAR))


def softened(small: Rgb, photo: Rgb) -> Rgb:
    """The photo at a matte's size, (h, w, 3), as soft as the matte is; `photo` is what it was shrunk from."""
    factors = [large / side for large, side in zip(photo.shape[:2], small.shape[:2], strict=True)]
    halvings = max(0, math.floor(math.log2(min(factors))))
    down, across = (_sigma_px(factor / 2**halvings) for factor in factors)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), sigmaX=across, sigmaY=down))


def _sigma_px(factor: float) -> float:
    """Variances of a pixel of the matte (1/12) and of its blur, less that of the tent that shrank the photo last."""
    return math.sqrt(max(0.1, 1 / 12 + _MATTE_SIGMA_PX**2 - 1 / (6 * factor * factor)))
