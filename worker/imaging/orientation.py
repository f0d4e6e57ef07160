"""Turning a stored picture upright."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Apply an EXIF orientation, 1 to 8, to (H, W) or (H, W, C); the result is contiguous.

    EXIF 2.32, tag 0x0112: 5 and 7 are mirrored as well as turned.
    """
    if orientation == 1:
        return pixels
    if orientation in (5, 7):
        pixels = cv2.transpose(pixels)
        return pixels if orientation == 5 else cv2.rotate(pixels, cv2.ROTATE_180)
    turned: NDArray[Any] = _MOVES[orientation](pixels)
    return np.ascontiguousarray(turned)


_MOVES = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
