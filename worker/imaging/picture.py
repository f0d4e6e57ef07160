"""What becomes a file, band by band: a writer that takes rows in turn needs no second copy of them all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from worker.imaging.types import Alpha, Cutout, Pixels, Rgb


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels that are made as they are read: to look at, never to change."""

    shape: tuple[int, ...]
    """(H, W) grey, (H, W, 3) BGR or (H, W, 4) BGRA, OpenCV's order."""
    band: Callable[[slice], Pixels]
    """Some rows, uint8, for PNG also uint16."""

    @classmethod
    def of(cls, pixels: Pixels) -> "Picture":
        """Pixels that stand in memory already."""
        return cls(pixels.shape, lambda rows: pixels[rows])

    @classmethod
    def of_cutout(cls, cutout: Cutout) -> "Picture":
        """The four channels, colours hidden by alpha 0 zeroed."""
        rgb, alpha = cutout.rgb, cutout.alpha
        return cls((*alpha.shape, 4), lambda rows: _bgra(rgb[rows], alpha[rows]))

    def whole(self) -> Pixels:
        """All rows, in one piece in memory."""
        return np.ascontiguousarray(self.band(slice(None)))

    def bands(self, most_bytes: int) -> Iterator[Pixels]:
        """All rows in turn, at least one and otherwise at most so many bytes of uint8 at a time."""
        height, row_bytes = self.shape[0], int(np.prod(self.shape[1:]))
        count = max(1, most_bytes // row_bytes)
        return (self.band(slice(top, min(top + count, height))) for top in range(0, height, count))


def _bgra(rgb: Rgb, alpha: Alpha) -> Pixels:
    pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA)
    cv2.insertChannel(np.ascontiguousarray(alpha), pixels, 3)
    # As one number each, pixels are masked four times as fast as channel by channel. Black packs smaller, and the
    # removed background does not travel along.
    seen = cv2.copyTo(pixels.view(np.int32)[..., 0], alpha)
    return np.asarray(seen).view(np.uint8).reshape(pixels.shape)
