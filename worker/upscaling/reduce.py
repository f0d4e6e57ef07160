"""Bring a cut-out to a smaller size by area averaging of premultiplied colour, strip by strip.

Averaging straight colours would mix in what lies under transparent pixels: the official pipeline, Lanczos on
four straight 8-bit channels, loses 4.5 dB on edges at ×2. An area filter does not ring.
"""

import cv2
import numpy as np

from worker.imaging.types import Alpha, Rgb
from worker.upscaling.levels import Floats, as_rgb, premultiplied, resized, to_levels, unit

LEAST_ALPHA = np.float32(1e-6)
STRIP_ROWS = 32  # of the result, made at a time: some 60 MB of floats for a result 10 000 px wide


def reduce(rgb: Rgb, alpha: Alpha, height: int, width: int) -> tuple[Rgb, Alpha]:
    """Reduce straight colours and alpha to `height` × `width`, neither larger than before.

    Where anything is reduced, RGB is 0 under alpha 0.
    """
    if alpha.shape == (height, width):
        return rgb, alpha
    small_rgb, small_alpha = np.empty((height, width, 3), np.uint8), np.empty((height, width), np.uint8)
    for top in range(0, height, STRIP_ROWS):
        bottom = min(top + STRIP_ROWS, height)
        rows, weights = _row_weights(top, bottom, alpha.shape[0] / height)
        cover = unit(alpha[rows])
        colour = _averaged(premultiplied(rgb[rows], cover), weights, width)
        strip = slice(top, bottom)
        small_rgb[strip], small_alpha[strip] = _straight(colour, _averaged(cover, weights, width))
    return small_rgb, small_alpha


def _averaged(pixels: Floats, weights: Floats, width: int) -> Floats:
    """Average (source rows, source width, …) along each row to `width`, then over the rows."""
    narrow = resized(pixels, (pixels.shape[0], width), cv2.INTER_AREA)
    averaged: Floats = np.tensordot(weights[:, : narrow.shape[0]], narrow, axes=1)
    return averaged


def _row_weights(top: int, bottom: int, factor: float) -> tuple[slice, Floats]:
    """The source rows that result rows `top` to `bottom` average, and how much each counts in each."""
    first, last = int(top * factor), int(np.ceil(bottom * factor))
    begins = np.arange(top, bottom)[:, None] * factor
    rows = np.arange(first, last)[None]
    overlap = np.clip(np.minimum(begins + factor, rows + 1) - np.maximum(begins, rows), 0, None)
    return slice(first, last), (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)


def _straight(colour: Floats, cover: Floats) -> tuple[Rgb, Alpha]:
    """Straight colours and alpha from premultiplied colours (H, W, 3) and alpha (H, W), 0..1."""
    alpha = to_levels(255 * cover)
    divisor = as_rgb(np.maximum(cover, LEAST_ALPHA))
    rgb = np.asarray(cv2.divide(colour, divisor, scale=255, dtype=cv2.CV_8U), np.uint8)
    rgb[alpha == 0] = 0
    return rgb, alpha
