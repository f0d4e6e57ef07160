"""Gaussian blur whose cost does not grow with its width."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_SIGMA_WHEN_REDUCED_PX = 4.0
"""A blur is done on a picture so much smaller that this much of it is left: wide enough to hide the steps."""


def gaussian(pixels: NDArray[Any], sigma_px: float) -> NDArray[Any]:
    """Blur (H, W) or (H, W, C) of uint8 or float32; the border's pixels count as going on outside."""
    if sigma_px < 0.05:
        return pixels
    factor = int(sigma_px / _SIGMA_WHEN_REDUCED_PX)
    if factor < 2:
        return cv2.GaussianBlur(pixels, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE)
    return _reduced(pixels, sigma_px, factor)


def _reduced(pixels: NDArray[Any], sigma_px: float, factor: int) -> NDArray[Any]:
    height, width = pixels.shape[:2]
    below, right = -height % factor, -width % factor
    padded = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)
    full = (width + right, height + below)
    small = cv2.resize(padded, (full[0] // factor, full[1] // factor), interpolation=cv2.INTER_AREA)
    # Averaging and interpolating blur too: variances of a box (1/12) and a tent (1/6), in small pixels.
    sigma = float(np.sqrt((sigma_px / factor) ** 2 - 1 / 4))
    small = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, full, interpolation=cv2.INTER_LINEAR)[:height, :width]
