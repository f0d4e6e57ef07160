"""Moving the matte's edge, and softening it."""

import cv2
import numpy as np

from worker.imaging.blur import gaussian
from worker.imaging.types import Alpha

_DIAMOND_SHARE = 0.586
"""2 - √2: an octagon whose eight sides are equally far from its centre is a square widened by such a diamond."""


def grow(alpha: Alpha, px: int) -> Alpha:
    """Move the edge outward by so many px, inward if negative, as it is: soft stays soft."""
    if px == 0:
        return alpha
    morph = cv2.dilate if px > 0 else cv2.erode
    diamond = round(_DIAMOND_SHARE * abs(px))
    square = abs(px) - diamond
    moved = morph(alpha, np.ones((2 * square + 1, 2 * square + 1), np.uint8)) if square else alpha
    if diamond:
        moved = morph(moved, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), iterations=diamond)
    return np.asarray(moved)


def feather(alpha: Alpha, sigma_px: float) -> Alpha:
    """Blur the matte."""
    return np.asarray(gaussian(alpha, sigma_px))
