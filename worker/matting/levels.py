"""Threshold, contrast and floor: each value of the matte becomes another, wherever it lies."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.mask import MaskSpec
from worker.imaging.types import Alpha


def adjust_levels(alpha: Alpha, spec: MaskSpec) -> Alpha:
    """Threshold or sigmoid, then the floor; 0 stays 0 and 255 stays 255 under the sigmoid."""
    if spec.threshold is None and spec.contrast_boost is None and spec.hard_floor == 0:
        return alpha
    return np.asarray(cv2.LUT(alpha, _table(spec)))


def _table(spec: MaskSpec) -> NDArray[Any]:
    """uint8 (256,)."""
    values = np.arange(256, dtype=np.float32) / 255
    if spec.contrast_boost is not None:
        values = _sigmoid(values, 0.5 if spec.threshold is None else spec.threshold, spec.contrast_boost)
    elif spec.threshold is not None:
        values = (values >= spec.threshold).astype(np.float32)
    values[values < spec.hard_floor] = 0
    return np.rint(values * 255).astype(np.uint8)


def _sigmoid(values: NDArray[Any], middle: float, slope: float) -> NDArray[Any]:
    """Stretched so that its ends stay where they are."""
    curve = 1 / (1 + np.exp(-slope * (values - middle)))
    return np.asarray((curve - curve[0]) / (curve[-1] - curve[0]))
