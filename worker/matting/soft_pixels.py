"""Work at full size on soft pixels only: where they are, and what a small picture says of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.composite import strips
from worker.imaging.types import Alpha, Rgb

_COLUMNS = 1024
"""Soft pixels are looked up as a picture of this width: `remap` makes none wider than 32,767 px."""
_WHOLE_PIXEL = np.dtype("V3")
"""An RGB pixel as one thing: NumPy writes those seven times as fast as rows of three bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class SoftPixels:
    """The soft pixels of one band of rows."""

    rows: slice
    at: NDArray[Any]
    """Their places in the band, counted row by row, (N,)."""
    x: NDArray[Any]
    """Column, float32 (N,)."""
    y: NDArray[Any]
    """Row of the whole picture, float32 (N,)."""
    size: tuple[int, int]
    """Width and height of the whole picture."""

    def of(self, picture: Rgb | Alpha) -> NDArray[Any]:
        """The picture's values there, (N,) or (N, C)."""
        band = picture[self.rows]
        return np.take(band.reshape(-1, *band.shape[2:]), self.at, axis=0)

    def sampled(self, small: NDArray[Any]) -> NDArray[Any]:
        """What a smaller picture, (h, w, C) float32 of the same view, says there, bilinearly: (N, C)."""
        height, width = small.shape[:2]
        place = (_scaled(self.x, width / self.size[0]), _scaled(self.y, height / self.size[1]))
        found = cv2.remap(small, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found.reshape(-1, *small.shape[2:])[: len(self.at)])

    def write(self, picture: Rgb | Alpha, values: NDArray[Any]) -> None:
        """Set uint8 values (N,) or (N, 3) in a picture that is in one piece in memory."""
        pixels, values = picture[self.rows].reshape(-1), values.reshape(-1)
        if picture.ndim == 3:
            pixels, values = pixels.view(_WHOLE_PIXEL), values.view(_WHOLE_PIXEL)
        pixels[self.at] = values


def soft_pixels(alpha: Alpha, lowest: int = 1, highest: int = 254) -> Iterator[SoftPixels]:
    """Band by band, so that little memory is needed even when all are soft; bands without any are left out."""
    height, width = alpha.shape
    for rows in strips(height, width):
        at = np.flatnonzero(cv2.inRange(alpha[rows], lowest, highest).view(np.bool_))
        if len(at):
            y, x = np.divmod(at.astype(np.int32), np.int32(width))
            yield SoftPixels(
                rows, at, x.astype(np.float32), (y + rows.start).astype(np.float32), (width, height)
            )


def _scaled(positions: NDArray[Any], ratio: float) -> NDArray[Any]:
    """Positions in the smaller picture, centre of pixel on centre of pixel; (M, 1024), filled up with 0."""
    filled = np.zeros(-(-len(positions) // _COLUMNS) * _COLUMNS, np.float32)
    np.multiply(positions, np.float32(ratio), out=filled[: len(positions)])
    filled += np.float32(0.5 * ratio - 0.5)
    return filled.reshape(-1, _COLUMNS)
