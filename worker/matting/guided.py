"""Guided upsampling: a small matte enlarged so that its edges follow the full-resolution photo.

He and Sun, "Fast Guided Filter" (2015): in every window of the matte, alpha is taken for a linear function of the
colours (`window_lines.py`); the coefficients, averaged and enlarged, are applied to the photo at its own size.

Ours, measured (docs/quality.md), beside what is said there: the guide is as soft as the matte; and a photo that is
much larger than the matte is reached in two steps, a median taking the specks of its noise.
"""

from collections.abc import Iterator
from math import ceil
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.refine import RefineSpec
from worker.imaging.resize import shrunk
from worker.imaging.types import Alpha, Rgb
from worker.matting.guide import softened
from worker.matting.soft_pixels import soft_pixels
from worker.matting.window_lines import lines_of

SURE = 5
"""Within this of 0 or 255 the network is believed as it stands."""
TWO_STEPS_FROM = 3.0
"""Ratio of photo to matte, by their sides, from which one step leaves hair to the first matte's coarse pixels."""
STEP = 2
"""How many times wider and higher the matte between the two is."""
SPECK_PX = 3
_SUM = np.ones((1, 4), np.float32)
_BAND_PX = 128
"""Rows of the matte at a time: coefficients take sixteen bytes a pixel."""


def guided_upsampling(rgb: Rgb, matte: NDArray[Any], spec: RefineSpec) -> Alpha:
    """The matte (h, w), float32 0..1, at the photo's size; what is plainly subject or background stays so."""
    levels = as_levels(matte)
    height, width = matte.shape
    if rgb.shape[0] * rgb.shape[1] < TWO_STEPS_FROM**2 * matte.size:
        return _upsampled(rgb, levels, softened(shrunk(rgb, width, height), rgb), spec)
    between = shrunk(rgb, STEP * width, STEP * height)
    doubled = _upsampled(between, levels, softened(shrunk(between, width, height), rgb), spec)
    between = softened(between, rgb)
    alpha = _upsampled(rgb, doubled, between, spec)
    return _where_unsure(np.asarray(cv2.medianBlur(alpha, SPECK_PX)), levels)


def enlarge(matte: NDArray[Any], width: int, height: int) -> Alpha:
    """A matte, float32 0..1 or uint8, as uint8 of this size, bilinearly."""
    return np.asarray(cv2.resize(as_levels(matte), (width, height), interpolation=cv2.INTER_LINEAR))


def as_levels(matte: NDArray[Any]) -> Alpha:
    return matte if matte.dtype == np.uint8 else np.asarray(cv2.convertScaleAbs(matte, alpha=255))


def _where_unsure(alpha: Alpha, matte: Alpha) -> Alpha:
    """0 and 255 where the matte as it is says so: two steps and a median reach a little further than one."""
    plain = enlarge(matte, alpha.shape[1], alpha.shape[0])
    return np.asarray(cv2.copyTo(alpha, cv2.inRange(plain, 1, 254), dst=plain))


def _upsampled(rgb: Rgb, matte: Alpha, guide: Rgb, spec: RefineSpec) -> Alpha:
    """One step; `guide` is the photo at the matte's size, as soft as it."""
    height, width = rgb.shape[:2]
    alpha = enlarge(matte, width, height)
    wanted = _beside_an_edge(matte)
    if not wanted.any():
        return alpha
    for rows, photo_rows in _bands(len(matte), height):
        if not wanted[rows].any():
            continue
        lines = lines_of(guide, matte, wanted, rows, spec)
        for soft in soft_pixels(alpha, SURE + 1, 254 - SURE, within=photo_rows):
            soft.write(alpha, _applied(soft.sampled(lines, rows, len(matte)), soft.of(rgb)))
    return alpha


def _applied(lines: NDArray[Any], photo: Rgb) -> Alpha:
    """Alpha (N,) by lines (N, 4) of photo pixels (N, 3)."""
    terms = cv2.cvtColor(photo[None], cv2.COLOR_RGB2RGBA)[0] * lines  # the fourth channel is 255
    values = np.asarray(cv2.transform(terms[None], _SUM)).reshape(-1)
    return np.asarray(np.clip(values + np.float32(0.5), 0, 255), np.uint8)


def _beside_an_edge(levels: Alpha) -> Alpha:
    """1 where enlarging may find soft pixels: a pixel or its neighbours are unsure, or disagree."""
    neighbours = np.ones((3, 3), np.uint8)
    unsure = (cv2.dilate(levels, neighbours) > SURE) & (cv2.erode(levels, neighbours) < 255 - SURE)
    return np.asarray(unsure.view(np.uint8))


def _bands(matte_height: int, photo_height: int) -> Iterator[tuple[slice, slice]]:
    """Rows of the matte, with those that bilinear enlarging needs beside them, and the photo's rows between them."""
    ratio = photo_height / matte_height
    for top in range(0, matte_height, _BAND_PX):
        bottom = min(top + _BAND_PX, matte_height)
        # Centres of pixels lie on halves.
        photo_rows = slice(ceil(top * ratio - 0.5), ceil(bottom * ratio - 0.5))
        yield slice(max(0, top - 1), min(bottom + 1, matte_height)), photo_rows
