"""The photo at a matte's size, as the guide of the matte's edges."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Alpha, Rgb

_REACH_PX = 2
_SIDE_PX = 2 * _REACH_PX + 1
"""Four sigmas: the Gaussian that softens is no wider."""
_MATTE_SIGMA_PX = 0.5
"""A network's edge is softer than its pixels are large; a guide as soft leaves the sharpness to the photo."""


def shrunk(rgb: Rgb | Alpha, shape: tuple[int, ...]) -> Rgb | Alpha:
    """The photo, (H, W, 3) or (H, W), at a shape of (h, w), each pixel the mean of those it covers, nearly."""
    height, width = shape[:2]
    while rgb.shape[0] >= 2 * height or rgb.shape[1] >= 2 * width:
        down, across = 1 + (rgb.shape[0] >= 2 * height), 1 + (rgb.shape[1] >= 2 * width)
        even = rgb[: rgb.shape[0] // down * down, : rgb.shape[1] // across * across]
        # Whole factors are averaged ten times as fast as others.
        size = (even.shape[1] // across, even.shape[0] // down)
        rgb = np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_LINEAR))


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """The photo at a matte's size, softened where it is looked at: most of it never is."""

    small: Rgb
    sigma_down: float
    sigma_across: float

    @classmethod
    def of(cls, small: Rgb, photo: Rgb) -> "Guide":
        """As soft as the matte is; `photo` is what `small` (h, w, 3) was shrunk from."""
        factors = [large / side for large, side in zip(photo.shape[:2], small.shape[:2], strict=True)]
        halvings = max(0, math.floor(math.log2(min(factors))))
        return cls(small, *(_sigma_px(factor / 2**halvings) for factor in factors))

    def within(self, box: tuple[slice, slice]) -> NDArray[Any]:
        """Its colours there, float32 (rows, columns, 3), 0..1."""
        (top, bottom), (left, right) = (
            (max(0, extent.start - _REACH_PX), min(extent.stop + _REACH_PX, side))
            for extent, side in zip(box, self.small.shape, strict=False)
        )
        soft = cv2.GaussianBlur(
            self.small[top:bottom, left:right],
            (_SIDE_PX, _SIDE_PX),
            sigmaX=self.sigma_across,
            sigmaY=self.sigma_down,
        )
        rows, columns = box
        soft = soft[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        return np.multiply(soft, np.float32(1 / 255), dtype=np.float32)


def _sigma_px(factor: float) -> float:
    """Variances of a pixel of the matte (1/12) and of its blur, less that of the tent that shrank the photo last."""
    return math.sqrt(max(0.1, 1 / 12 + _MATTE_SIGMA_PX**2 - 1 / (6 * factor * factor)))
