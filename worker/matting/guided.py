"""Guided upsampling: a small matte enlarged so that its edges follow the full-resolution photo.

He and Sun, "Fast Guided Filter" (2015): in every window of the matte, alpha is taken for a linear function of the
colours, alpha = a · I + b; the coefficients, averaged and enlarged, are applied to the photo at its own size.

Four things are ours, measured (docs/quality.md): the guide is as soft as the matte; windows count by how well
their line fits, so that those across an edge do not blur those along it; where the uncertain band is wide (hair)
the windows are four times as wide as where it is narrow, and solved on a matte of half the size; and a photo that
is much larger than the matte is reached in two steps, a median after each taking the specks of the photo's noise.
"""

import math
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.refine import RefineSpec
from worker.imaging.types import Alpha, Rgb
from worker.matting.soft_pixels import soft_pixels

_SURE = 0.02
"""Within this of 0 or 1 the network is believed as it stands."""
_MISFIT = 0.01
"""Variance that a window leaves unexplained at which it counts half."""
_WIDE = 4
_MATTE_SIGMA_PX = 0.5
"""A network's edge is softer than its pixels are large; a guide as soft leaves the sharpness to the photo."""
_LOOK_PX = 3
_TILE_PX = 128
"""Solved piece by piece: most hold no uncertain pixel, and a piece stays in the processor's cache."""
_NARROW_BAND, _WIDE_BAND = 0.2, 0.5
"""Mean of 4 alpha (1 - alpha) over 7 × 7 px of the matte, from which windows begin to widen, and are wide."""

_TWO_STEPS_FROM = 3.0
"""Ratio of photo to matte, by their sides, from which one step leaves hair to the first matte's coarse pixels."""
_STEP = 2
"""How many times wider and higher the matte between the two is."""
_SPECK_PX = 3

Planes = NDArray[Any]
"""float32 (H, W, C)."""


def guided_upsampling(rgb: Rgb, matte: NDArray[Any], spec: RefineSpec) -> Alpha:
    """The matte (h, w), float32 0..1, at the photo's size; what is plainly subject or background stays so."""
    if rgb.shape[0] * rgb.shape[1] < _TWO_STEPS_FROM**2 * matte.size:
        return _upsampled(rgb, matte, spec)
    between = _between(_without_specks(_upsampled(rgb, matte, spec)), matte.shape)
    return _where_unsure(_without_specks(_upsampled(rgb, between, spec)), matte)


def _between(alpha: Alpha, shape: tuple[int, ...]) -> NDArray[Any]:
    """The first step's result as the second's matte, 0..1, twice as wide and high as the first."""
    size = (_STEP * shape[1], _STEP * shape[0])
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small.astype(np.float32) * np.float32(1 / 255))


def _without_specks(alpha: Alpha) -> Alpha:
    return np.asarray(cv2.medianBlur(alpha, _SPECK_PX))


def _where_unsure(alpha: Alpha, matte: NDArray[Any]) -> Alpha:
    """0 and 255 where the matte as it is says so: two steps and medians reach a little further than one."""
    plain = enlarge(matte, alpha.shape[1], alpha.shape[0])
    held = cv2.bitwise_and(alpha, cv2.inRange(plain, 1, 255))
    return np.asarray(cv2.bitwise_or(held, cv2.inRange(plain, 255, 255)))


def _upsampled(rgb: Rgb, matte: NDArray[Any], spec: RefineSpec) -> Alpha:
    """One step."""
    height, width = rgb.shape[:2]
    alpha = enlarge(matte, width, height)
    uncertain = (matte > _SURE) & (matte < 1 - _SURE)
    if not uncertain.any():
        return alpha
    lines = _lines(_reduced(rgb, matte.shape), matte, uncertain, spec)
    for soft in soft_pixels(alpha, round(_SURE * 255) + 1, 254 - round(_SURE * 255)):
        line = soft.sampled(lines)
        value = np.einsum("nc,nc->n", line[:, :3], soft.of(rgb).astype(np.float32)) + line[:, 3] * 255
        soft.write(alpha, np.clip(value + 0.5, 0, 255).astype(np.uint8))
    return alpha


def enlarge(matte: NDArray[Any], width: int, height: int) -> Alpha:
    """A matte of 0..1 as uint8 of this size, bilinearly."""
    levels = cv2.convertScaleAbs(matte, alpha=255)
    return np.asarray(cv2.resize(levels, (width, height), interpolation=cv2.INTER_LINEAR))


def _reduced(rgb: Rgb, shape: tuple[int, ...]) -> Rgb:
    """The photo at the matte's size, as blurred as the matte is."""
    height, width = shape
    while rgb.shape[0] >= 2 * height and rgb.shape[1] >= 2 * width:
        even = rgb[
            : rgb.shape[0] // 2 * 2, : rgb.shape[1] // 2 * 2
        ]  # whole factors are averaged ten times as fast
        rgb = cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(
        rgb, (0, 0), sigmaX=_sigma_px(rgb.shape[1] / width), sigmaY=_sigma_px(rgb.shape[0] / height)
    )
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR))


def _sigma_px(factor: float) -> float:
    """Blur before shrinking by `factor`: variances of a pixel of the matte (1/12), of its blur, less the tent's."""
    return math.sqrt(max(0.1, factor * factor * (1 / 12 + _MATTE_SIGMA_PX**2) - 1 / 6))


def _lines(small: Rgb, matte: NDArray[Any], uncertain: NDArray[np.bool_], spec: RefineSpec) -> Planes:
    """Coefficients (h, w, 4) at uncertain pixels and their neighbours: three of the colours, one constant."""
    lines = np.zeros((*matte.shape, 4), np.float32)
    reach = cv2.dilate(uncertain.view(np.uint8), np.ones((3, 3), np.uint8))
    margin = 2 * _WIDE * spec.radius + 2
    height, width = matte.shape
    for y, x in product(range(0, height, _TILE_PX), range(0, width, _TILE_PX)):
        tile = np.s_[y : min(y + _TILE_PX, height), x : min(x + _TILE_PX, width)]
        if not reach[tile].any():
            continue
        top, left = max(0, y - margin), max(0, x - margin)
        around = np.s_[top : y + _TILE_PX + margin, left : x + _TILE_PX + margin]
        guide = small[around].astype(np.float32) * np.float32(1 / 255)
        found = _lines_of_tile(guide, np.ascontiguousarray(matte[around]), reach[around], spec)
        shape = lines[tile].shape
        lines[tile] = found[y - top : y - top + shape[0], x - left : x - left + shape[1]]
    return lines


def _lines_of_tile(guide: Planes, matte: NDArray[Any], reach: Alpha, spec: RefineSpec) -> Planes:
    narrow = _averaged_lines(guide, matte, reach, spec.radius, spec.epsilon)
    share = _width_of_band(matte)
    if not share.any():
        return narrow
    half = (max(1, matte.shape[1] // 2), max(1, matte.shape[0] // 2))
    small = [cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (guide, matte)]
    small_reach = cv2.resize(
        cv2.dilate(reach, np.ones((3, 3), np.uint8)), half, interpolation=cv2.INTER_NEAREST
    )
    wide = _averaged_lines(small[0], small[1], small_reach, _WIDE * spec.radius // 2, spec.epsilon)
    wide = cv2.resize(wide, matte.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.blendLinear(wide, narrow, share, 1 - share))


def _width_of_band(matte: NDArray[Any]) -> NDArray[Any]:
    """0 where the uncertain band is narrow .. 1 where it is wide."""
    doubt = cv2.blur(4 * matte * (1 - matte), (2 * _LOOK_PX + 1, 2 * _LOOK_PX + 1))
    return np.asarray(np.clip((doubt - _NARROW_BAND) / (_WIDE_BAND - _NARROW_BAND), 0, 1))


def _averaged_lines(guide: Planes, matte: NDArray[Any], reach: Alpha, radius: int, epsilon: float) -> Planes:
    """Coefficients (h, w, 4), each the mean over the windows that hold the pixel, by how well they fit."""
    side = 2 * radius + 1
    at = np.flatnonzero(cv2.dilate(reach, np.ones((side, side), np.uint8)).view(np.bool_))
    weighted = np.zeros((*matte.shape, 4), np.float32)
    weight = np.zeros(matte.shape, np.float32)
    line, misfit = _fitted(_moments(guide, matte, side), at, epsilon)
    share = _MISFIT / (misfit + _MISFIT)
    weight.reshape(-1)[at] = share
    line *= share[:, None]
    weighted.reshape(-1, 4)[at] = line
    total = cv2.blur(weight, (side, side))
    return np.asarray(cv2.blur(weighted, (side, side)) / np.maximum(total, 1e-9)[..., None])


def _moments(guide: Planes, matte: NDArray[Any], side: int) -> list[NDArray[Any]]:
    """Means over windows, (h, w) each: r, g, b, p; rp, gp, bp, pp; rr, rg, rb, gg; gb, bb."""
    red, green, blue = cv2.split(guide)
    pairs = [
        [red, green, blue, matte],
        [red * matte, green * matte, blue * matte, matte * matte],
        [red * red, red * green, red * blue, green * green],
        [green * blue, blue * blue],
    ]
    return [cv2.blur(cv2.merge(group), (side, side), borderType=cv2.BORDER_REFLECT_101) for group in pairs]


def _fitted(
    moments: list[NDArray[Any]], at: NDArray[Any], epsilon: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The line of each window at `at`, (N, 4), and the variance it leaves unexplained, (N,); Cramer's rule."""
    first, with_p, second, third = (
        np.ascontiguousarray(np.take(group.reshape(-1, group.shape[2]), at, axis=0).T) for group in moments
    )
    r, g, b, p = first
    rp, gp, bp = with_p[:3] - first[:3] * p
    rr, rg, rb, gg = (
        second[0] - r * r + epsilon,
        second[1] - r * g,
        second[2] - r * b,
        second[3] - g * g + epsilon,
    )
    gb, bb = third[0] - g * b, third[1] - b * b + epsilon
    c_rr, c_rg, c_rb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    scale = 1 / np.maximum(rr * c_rr + rg * c_rg + rb * c_rb, 1e-20)
    red = (c_rr * rp + c_rg * gp + c_rb * bp) * scale
    green = (c_rg * rp + c_gg * gp + c_gb * bp) * scale
    blue = (c_rb * rp + c_gb * gp + c_bb * bp) * scale
    misfit = with_p[3] - p * p - red * rp - green * gp - blue * bp
    line = np.stack([red, green, blue, p - red * r - green * g - blue * b], axis=1)
    return line, np.maximum(misfit, 0)
