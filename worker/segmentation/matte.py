"""Mattes as numbers of 0..1, and the ways in which official code brings them to a photo's size."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Matte = NDArray[np.float32]
"""(H, W), 0 background .. 1 subject."""


def stretched(matte: Matte) -> Matte:
    """Stretched to 0..1; one whose values are all equal stays as it is."""
    least, most = matte.min(), matte.max()
    return matte if most == least else np.asarray((matte - least) / (most - least), np.float32)


def bilinear(matte: Matte, width: int, height: int) -> Matte:
    """Resize as torch does by default: bilinear between the middles of pixels, aliasing where it shrinks."""
    return np.asarray(cv2.resize(matte, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def aligned(matte: Matte, width: int, height: int) -> Matte:
    """Resize as torch does with `align_corners=True`: bilinear, the middles of the corner pixels kept."""
    above, below, down = _between(matte.shape[0], height)
    left, right, across = _between(matte.shape[1], width)
    rows = matte[above] + (matte[below] - matte[above]) * down[:, None]  # (height, w)
    return np.asarray(rows[:, left] + (rows[:, right] - rows[:, left]) * across, np.float32)


def pillow(filtering: Image.Resampling) -> Callable[[Matte, int, int], Matte]:
    """Resize as Pillow does, in 8 bits: truncated before, filtered without aliasing."""

    def resize(matte: Matte, width: int, height: int) -> Matte:
        small = Image.fromarray((matte * 255).astype(np.uint8))
        return np.asarray(small.resize((width, height), filtering), np.float32) / np.float32(255)

    return resize


def _between(old: int, new: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """For each new place the two old ones it lies between, and how far from the first."""
    place = np.linspace(0, old - 1, new) if new > 1 else np.zeros(1)
    first = np.minimum(place.astype(np.intp), max(old - 2, 0))
    return first, np.minimum(first + 1, old - 1), (place - first).astype(np.float32)
