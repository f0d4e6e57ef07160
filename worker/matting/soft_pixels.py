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
"""An RGB pixel as one thing: NumPy reads and writes those several times as fast as rows of three bytes."""


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
        if picture.ndim == 2:
            return np.take(band, self.at)
        pixels = np.ascontiguousarray(band).reshape(-1).view(_WHOLE_PIXEL)
        return np.take(pixels, self.at).view(np.uint8).reshape(-1, 3)

    def sampled(
        self, small: NDArray[Any], rows: slice | None = None, height: int | None = None
    ) -> NDArray[Any]:
        """What a smaller picture, (h, w, C) float32 of the same view, says there, bilinearly: (N, C).

        Where `small` is but some `rows` of the smaller picture, `height` is that of the whole.
        """
        down = (height or small.shape[0]) / self.size[1]
        x = _scaled(self.x, small.shape[1] / self.size[0])
        y = _scaled(self.y, down, 0 if rows is None else rows.start)
        found = cv2.remap(small, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found.reshape(-1, *small.shape[2:])[: len(self.at)])

    def write(self, picture: Rgb | Alpha, values: NDArray[Any]) -> None:
        """Set uint8 values (N,) or (N, 3) in a picture that is in one piece in memory."""
        pixels, values = picture[self.rows].reshape(-1), values.reshape(-1)
        if picture.ndim == 3:
            pixels, values = pixels.view(_WHOLE_PIXEL), values.view(_WHOLE_PIXEL)
        pixels[self.at] = values


def soft_pixels(
    alpha: Alpha, lowest: int = 1, highest: int = 254, *, within: slice = slice(None)
) -> Iterator[SoftPixels]:
    """Those `within` some rows, band by band, so that little memory is needed even when all are soft.

    Bands without any are left out.
    """
    top, bottom, _ = within.indices(alpha.shape[0])
    width = alpha.shape[1]
    for band in strips(bottom - top, width):
        rows = slice(top + band.start, top + band.stop)
        at = np.flatnonzero(cv2.inRange(alpha[rows], lowest, highest).view(np.bool_))
        if len(at):
            place = at.astype(np.int32)
            y = place // np.int32(width)  # vectorised, which `divmod` is not
            x = place - y * np.int32(width)
            y += rows.start
            yield SoftPixels(rows, at, x.astype(np.float32), y.astype(np.float32), alpha.shape[::-1])


def _scaled(positions: NDArray[Any], ratio: float, first: int = 0) -> NDArray[Any]:
    """Positions in the smaller picture from its row `first` on, centre of pixel on centre of pixel.

    (M, 1024), filled up with 0.
    """
    filled = np.zeros(-(-len(positions) // _COLUMNS) * _COLUMNS, np.float32)
    np.multiply(positions, np.float32(ratio), out=filled[: len(positions)])
    filled += np.float32(0.5 * ratio - 0.5 - first)
    return filled.reshape(-1, _COLUMNS)
