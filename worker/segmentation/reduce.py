"""The ways in which official code brings a photo to its network's size."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.imaging.resize import shrunk
from worker.imaging.types import Rgb

Reduce = Callable[[Rgb, int], NDArray[Any]]


def pillow(filtering: Image.Resampling) -> Reduce:
    """Square without regard to the aspect, as Pillow does it: without aliasing, uint8."""
    return lambda rgb, side: np.asarray(Image.fromarray(rgb).resize((side, side), filtering))


def pillow_float(filtering: Image.Resampling) -> Reduce:
    """Square, without aliasing, float32: 8 bits would round before the normalisation."""

    def reduce(rgb: Rgb, side: int) -> NDArray[np.float32]:
        planes = [
            np.asarray(Image.fromarray(plane).resize((side, side), filtering))
            for plane in np.asarray(rgb, np.float32).transpose(2, 0, 1)
        ]
        return np.stack(planes, 2)

    return reduce


def thumbnail(filtering: Image.Resampling) -> Reduce:
    """The longer side at most `side`, the aspect kept, never enlarged; uint8."""

    def reduce(rgb: Rgb, side: int) -> NDArray[np.uint8]:
        picture = Image.fromarray(rgb)
        picture.thumbnail((side, side), filtering)
        return np.asarray(picture)

    return reduce


def bilinear(rgb: Rgb, side: int) -> NDArray[np.float32]:
    """Square, as torch does by default on floats: bilinear, aliasing where it shrinks; float32."""
    levels = np.asarray(rgb, np.float32)
    return np.asarray(cv2.resize(levels, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def bilinear_truncated(rgb: Rgb, side: int) -> NDArray[np.uint8]:
    """As `bilinear`, then cut down to whole levels."""
    # Where the exact value is whole, float32 may lie a hair below it.
    return (bilinear(rgb, side) + np.float32(1e-3)).astype(np.uint8)


def averaged_or_cubic(rgb: Rgb, side: int) -> NDArray[np.uint8]:
    """Square: averaged where the photo is larger, bicubic where it is smaller; uint8."""
    if min(rgb.shape[:2]) > side:
        return shrunk(rgb, side, side)
    return np.asarray(cv2.resize(rgb, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
