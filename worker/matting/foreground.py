"""Colours of the subject alone: in a soft edge the photo shows a blend of subject and background.

Smooth colours F' and B' are solved small (`multilevel.py`). At full size only soft pixels are looked at, each
moved onto the blend that it is: F = F' + a r / (a² + b²) with r = I - a F' - b B', a the alpha, b = 1 - a: the
nearest pair of colours that mixes to the photo. Detail comes from there, so small colours suffice.
"""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Alpha, Rgb
from worker.matting.multilevel import solve
from worker.matting.soft_pixels import soft_pixels

HIGHEST = 252
"""Above, a photo's colour is the subject's within two levels: haze inside the subject, half of all soft pixels."""


def estimate_foreground(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Subject colours (H, W, 3) for a photo and its alpha; only pixels with 0 < alpha < 253 change."""
    if not cv2.hasNonZero(cv2.inRange(alpha, 1, HIGHEST)):
        return rgb
    subject, background = solve(rgb, alpha)
    estimated = np.array(rgb)
    for soft in soft_pixels(alpha, highest=HIGHEST):
        unmixed = _unmixed(soft.of(rgb), soft.sampled(subject), soft.sampled(background), soft.of(alpha))
        soft.write(estimated, unmixed)
    return estimated


def _unmixed(photo: Rgb, subject: NDArray[Any], background: NDArray[Any], alpha: Alpha) -> NDArray[Any]:
    """Subject colours, uint8 (N, 3), of photo pixels (N, 3) with smooth colours (N, 3) and an alpha (N,)."""
    of_photo, of_subject, of_background = (_per_channel(alpha, table) for table in _shares())
    of_photo *= photo
    of_photo += np.multiply(subject, of_subject, out=of_subject)
    of_background *= background
    return np.asarray(cv2.add(of_photo, of_background, dtype=cv2.CV_8U))


def _per_channel(alpha: Alpha, table: NDArray[Any]) -> NDArray[Any]:
    """What the table says of every alpha (N,), float32 (N, 3)."""
    return np.asarray(cv2.cvtColor(cv2.LUT(alpha[None], table), cv2.COLOR_GRAY2RGB)[0])


@cache
def _shares() -> tuple[NDArray[Any], ...]:
    """For each alpha, what F takes of I, of F' and of B': float32 (256,), their sum 1."""
    a = np.arange(256) / 255
    b = 1 - a
    return tuple((part / (a * a + b * b)).astype(np.float32) for part in (a, b * b, -a * b))
