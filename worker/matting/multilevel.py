"""Smooth colours of subject and background, solved from coarse to fine.

The equations are those of Germer et al., "Fast Multi-Level Foreground Estimation" (ICPR 2020): neighbours should
agree, and both colours mixed by alpha should give the photo. Here a pixel is solved in closed form from the
weighted mean of its neighbours, all pixels at once (Jacobi), so that it runs in array operations: for neighbours
F', B' of total weight w, with a = alpha, b = 1 - alpha and r = I - a F' - b B',
F = F' + a r / (w + a² + b²) and B = B' + b r / (w + a² + b²).
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Alpha, Rgb

_SIDE_PX = 256
"""Where the solving ends. 512 px lowers the error by 2 % more, at four times the work."""
_COARSEST_PX = 4
_ROUNDS = 5
"""Per level. Measured at 256 px: 3 rounds 3.41, 5 rounds 3.28, 8 rounds 3.22 of 255 mean error in soft edges."""
_SMOOTHNESS = 1e-3
_EDGE_WEIGHT = 0.03
"""How much a step in alpha ties neighbours; 1 in the paper, whose weights hide too little background here."""

Planes = NDArray[Any]
"""float32 (channels, H, W), 0..255."""


def solve(rgb: Rgb, alpha: Alpha) -> tuple[Rgb, Rgb]:
    """Subject and background colours, float32 (h, w, 3) of at most 256 px, for a photo and its alpha."""
    photo, share = _reduced(rgb), _reduced(alpha).astype(np.float32) / 255
    sizes = _sizes(*share.shape)
    colours = _mean_colours(photo, share)
    for size in sizes:
        level = cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        level_share = cv2.resize(share, size, interpolation=cv2.INTER_AREA)
        colours = _relaxed(
            _enlarged(colours, size), np.ascontiguousarray(level.transpose(2, 0, 1)), level_share
        )
    interleaved = colours.transpose(1, 2, 0)
    return np.ascontiguousarray(interleaved[..., :3]), np.ascontiguousarray(interleaved[..., 3:])


def _reduced(pixels: Rgb | Alpha) -> Rgb:
    """At most 256 px; samples before averaging, since averaging every pixel of 12 MP takes 50 ms."""
    height, width = pixels.shape[:2]
    longer = max(height, width)
    if longer <= _SIDE_PX:
        return pixels
    step = max(1, longer // (4 * _SIDE_PX))
    size = (max(1, round(width * _SIDE_PX / longer)), max(1, round(height * _SIDE_PX / longer)))
    sampled = np.ascontiguousarray(pixels[step // 2 :: step, step // 2 :: step])
    # A side shorter than half a step would leave nothing.
    return cv2.resize(sampled if sampled.size else pixels, size, interpolation=cv2.INTER_AREA)


def _sizes(height: int, width: int) -> list[tuple[int, int]]:
    """Width and height of every level, each twice the one before; the last is the whole."""
    sizes = [(width, height)]
    while max(sizes[0]) > _COARSEST_PX:
        sizes.insert(0, ((sizes[0][0] + 1) // 2, (sizes[0][1] + 1) // 2))
    return sizes


def _mean_colours(photo: Rgb, share: NDArray[Any]) -> Planes:
    """(6, 1, 1): the mean colour of the subject, and that of the background."""
    means = []
    for weight in (share, 1 - share):
        # Where there is no subject (or nothing else) at all, the photo's mean serves.
        usable = weight if weight.sum() > 1e-3 else np.ones_like(weight)
        means.append(np.average(photo, axis=(0, 1), weights=np.broadcast_to(usable[..., None], photo.shape)))
    return np.concatenate(means).astype(np.float32).reshape(6, 1, 1)


def _enlarged(colours: Planes, size: tuple[int, int]) -> Planes:
    """With a border of one pixel on every side, for the neighbours."""
    return np.stack(
        [
            cv2.copyMakeBorder(cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST), 1, 1, 1, 1, _BORDER)
            for plane in colours
        ]
    )


_BORDER = cv2.BORDER_REPLICATE


def _relaxed(colours: Planes, photo: Planes, share: NDArray[Any]) -> Planes:
    """A few Jacobi rounds; `colours` (6, H+2, W+2) is written to, (6, H, W) comes back."""
    height, width = share.shape
    windows = [np.s_[y : y + height, x : x + width] for y, x in ((0, 1), (2, 1), (1, 0), (1, 2))]
    padded = cv2.copyMakeBorder(share, 1, 1, 1, 1, _BORDER)
    weights = [_SMOOTHNESS + _EDGE_WEIGHT * cv2.absdiff(share, padded[window]) for window in windows]
    total = weights[0] + weights[1] + weights[2] + weights[3]
    weights = [weight / total for weight in weights]
    rest = 1 - share
    scale = 1 / (total + share * share + rest * rest)
    subject_gain, background_gain = share * scale, rest * scale
    inner = colours[:, 1:-1, 1:-1]
    for _ in range(_ROUNDS):
        mean = colours[:, windows[0][0], windows[0][1]] * weights[0]
        for window, weight in zip(windows[1:], weights[1:], strict=True):
            mean += colours[:, window[0], window[1]] * weight
        missing = photo - mean[:3] * share
        missing -= mean[3:] * rest
        mean[:3] += missing * subject_gain
        mean[3:] += missing * background_gain
        np.clip(mean, 0, 255, out=inner)
        _replicate_border(colours)
    return np.asarray(inner)


def _replicate_border(padded: Planes) -> None:
    padded[:, 0], padded[:, -1] = padded[:, 1], padded[:, -2]
    padded[:, :, 0], padded[:, :, -1] = padded[:, :, 1], padded[:, :, -2]
