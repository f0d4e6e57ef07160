"""How far a matte is from the truth: the definitions that every figure of the project is given in.

The boundary is the mask less its 3×3 erosion repeated 2 % of the diagonal times; SAD and the gradient error are
sums divided by 1000; the gradient error is the squared difference of gradient magnitudes (Sobel after a Gaussian
of sigma 1.4). Means over pictures. Pixels of value 128 in `trimap_ignore128` are left out of everything.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Alpha
from worker.quantizing.judging import gradient_of


class Score(NamedTuple):
    """Of one matte, or the mean over several."""

    iou: float
    mae: float
    boundary_iou: float
    sad: float
    gradient: float


def score(matte: Alpha, truth: Alpha, kind: str) -> Score:
    """Compare two uint8 mattes of one size; `kind` is the manifest's `gt_kind`."""
    counted = ~ignored(truth, kind)
    found, true = matte >= 128, truth >= 128
    depth_px = max(1, int(0.02 * np.hypot(*truth.shape)))
    shares = [levels.astype(np.float32) / 255 for levels in (matte, truth)]
    difference = np.abs(shares[0] - shares[1])[counted]
    gradient = (gradient_of(shares[0]) - gradient_of(shares[1]))[counted]
    return Score(
        iou=_overlap(found & counted, true & counted),
        mae=float(difference.mean()),
        boundary_iou=_overlap(_boundary(found, depth_px) & counted, _boundary(true, depth_px) & counted),
        sad=float(difference.sum()) / 1000,
        gradient=float(np.square(gradient).sum()) / 1000,
    )


def ignored(truth: Alpha, kind: str) -> NDArray[np.bool_]:
    """Pixels that no measure looks at."""
    if kind != "trimap_ignore128":
        return np.zeros(truth.shape, np.bool_)
    return np.abs(truth.astype(np.int16) - 128) <= 1


def mean(scores: Sequence[Score]) -> Score:
    """Over pictures."""
    return Score(*np.mean(scores, axis=0).tolist())


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(one & other)) / max(1, np.count_nonzero(one | other))


def _boundary(mask: NDArray[np.bool_], depth_px: int) -> NDArray[np.bool_]:
    framed = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    inside = cv2.erode(framed, np.ones((3, 3), np.uint8), iterations=depth_px)[1:-1, 1:-1]
    return mask & (inside == 0)
