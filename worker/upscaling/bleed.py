"""Colour under fully transparent pixels: a smooth continuation of the visible colours.

Pull-push (Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.4.1): average colour × weight and weight
down a pyramid, then fill each level's holes from the coarser one. The upscaling network would otherwise
sharpen the hidden colours into an outline just inside the edge.
"""

import cv2
import numpy as np

from worker.imaging.types import Alpha, Rgb
from worker.upscaling.levels import Floats, premultiplied, resized, to_levels, unit

LEAST_WEIGHT = np.float32(1e-6)


def bleed(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Replace the colours where alpha is 0; all others stay as they are.

    What was hidden there has no influence, not even on a rounding. Without a visible pixel all is black.
    """
    hidden = alpha == 0
    if not hidden.any():
        return rgb
    weight = unit(alpha)
    filled = _filled(_halved(premultiplied(rgb, weight)), _halved(weight))
    bled = to_levels(255 * resized(filled, alpha.shape, cv2.INTER_LINEAR))
    cv2.copyTo(rgb, (~hidden).astype(np.uint8), bled)
    return bled


def _filled(colour: Floats, weight: Floats) -> Floats:
    """Colour (H, W, 3), 0..1, without holes, from colour × weight and weight (H, W), 0..1."""
    own: Floats = np.divide(colour, np.maximum(weight, LEAST_WEIGHT)[..., None], dtype=np.float32)
    if weight.size == 1:
        return own
    coarse = resized(_filled(_halved(colour), _halved(weight)), weight.shape, cv2.INTER_LINEAR)
    # A scarcely covered pixel knows its colour less well than its surroundings do.
    coarse += weight[..., None] * (own - coarse)
    return coarse


def _halved(picture: Floats) -> Floats:
    height, width = picture.shape[:2]
    return resized(picture, ((height + 1) // 2, (width + 1) // 2), cv2.INTER_AREA)
