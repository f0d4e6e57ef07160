"""Fine detail: noise away, edges out."""

import cv2
import numpy as np

from worker.imaging.types import Rgb

_PATCH_PX, _SEARCH_PX = 5, 13
_NOISE = 20.0
"""Sigma of the noise, of 255, that is removed at full strength."""


def denoise(srgb: Rgb, strength: float) -> Rgb:
    """Non-local means (Buades et al. 2005); `strength` 0..1."""
    if strength == 0:
        return srgb
    sigma = _NOISE * strength
    return np.asarray(cv2.fastNlMeansDenoisingColored(srgb, None, sigma, sigma, _PATCH_PX, _SEARCH_PX))


def sharpen(srgb: Rgb, strength: float) -> Rgb:
    """Subtract the Laplacian; `strength` 0..1."""
    if strength == 0:
        return srgb
    kernel = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], np.float32) * strength
    kernel[1, 1] += 1
    return np.asarray(cv2.filter2D(srgb, -1, kernel, borderType=cv2.BORDER_REPLICATE))
