"""Between 8-bit levels and float32, and between sizes: the few steps that all the pixel work here shares."""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def unit(levels: NDArray[np.uint8]) -> Floats:
    """0..255 as float32 0..1."""
    return np.divide(levels, np.float32(255), dtype=np.float32)


def to_levels(values: Floats) -> NDArray[np.uint8]:
    """0..255 in float32, rounded to the nearest and clamped."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def premultiplied(rgb: NDArray[np.uint8], alpha: Floats) -> Floats:
    """Colour × alpha (H, W, 3), 0..1, from levels and alpha 0..1."""
    # OpenCV mixes the two types in one pass over the pixels, NumPy in three.
    return np.asarray(cv2.multiply(rgb, as_rgb(alpha), scale=1 / 255, dtype=cv2.CV_32F), np.float32)


def as_rgb(plane: Floats) -> Floats:
    """(H, W) repeated to (H, W, 3)."""
    return np.asarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2RGB), np.float32)


def resized(picture: Floats, shape: tuple[int, ...], interpolation: int) -> Floats:
    """A picture (H, W) or (H, W, C) at the height and width of `shape`, by one of OpenCV's methods."""
    large = cv2.resize(picture, (shape[1], shape[0]), interpolation=interpolation)
    return np.asarray(large, np.float32).reshape(shape[0], shape[1], *picture.shape[2:])
