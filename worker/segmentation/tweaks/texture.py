"""Fine detail: noise away, edges out."""

import cv2
import numpy as np

from worker.imaging.types import Rgb

_PATCH_PX, _SEARCH_PX = 5, 13
_NOISE = 24.0
"""Sigma of the noise, of 255, that is removed at full strength."""

_EDGE_SIGMA = 0.004
"""Of the blur whose loss is added back, in shares of the longer side: finer edges the network does not see."""
_EDGE_GAIN = 2.0


def denoise(srgb: Rgb, strength: float) -> Rgb:
    """Non-local means (Buades et al. 2005); `strength` 0..1."""
    if strength == 0:
        return srgb
    sigma = _NOISE * strength
    return np.asarray(cv2.fastNlMeansDenoisingColored(srgb, None, sigma, sigma, _PATCH_PX, _SEARCH_PX))


def sharpen(srgb: Rgb, strength: float) -> Rgb:
    """Strengthen the finest band of the Laplacian pyramid (Burt and Adelson 1983); `strength` 0..1."""
    if strength == 0:
        return srgb
    smooth = cv2.GaussianBlur(
        srgb, (0, 0), max(0.5, _EDGE_SIGMA * max(srgb.shape)), borderType=cv2.BORDER_REPLICATE
    )
    gain = _EDGE_GAIN * strength
    return np.asarray(cv2.addWeighted(srgb, 1 + gain, smooth, -gain, 0))
