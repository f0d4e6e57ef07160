"""The photo behind its own subject: out of focus, in squares, or with less colour."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.blur import gaussian
from worker.imaging.colour import saturate
from worker.imaging.types import Alpha, Cutout, Rgb

Floats = NDArray[Any]

_SIGMA_WHEN_REDUCED_PX = 4.0
_FILL_SIGMAS = 2.0
"""How far background is carried into the subject's place, in sigmas of the blur."""
_FAINT = 0.02
"""Weight of what a wider look round found: it decides where no background is near."""

_SAMPLES = 6
"""To each side of a square: enough to tell background from subject within it."""


def defocused(cutout: Cutout, photo: Rgb, sigma_px: float) -> Rgb:
    """Blur the photo for the cut-out's canvas: in place within its frame, mirrored beyond it.

    The subject's place is first filled from around it; a plain blur would leave its glow round the subject.
    """
    _, _, width, height = cutout.frame
    size = _reduced_size(photo, (width, height), sigma_px)
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    sigma = sigma_px * size[0] / width
    filled = _fill(small, _background_weight(cutout, size), sigma * _FILL_SIGMAS)
    blurred = cv2.GaussianBlur(filled, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    frame = cv2.resize(cv2.convertScaleAbs(blurred), (width, height), interpolation=cv2.INTER_LINEAR)
    return _on_canvas(frame, cutout)


def desaturated(cutout: Cutout, photo: Rgb, amount: float) -> Rgb:
    """Lay the photo where it was, with `amount` (0..1) of its colour taken away; mirrored beyond its frame.

    The subject stays in it: at a soft edge its own grey is nearer to the truth than what one would fill in.
    """
    _, _, width, height = cutout.frame
    frame = photo
    if photo.shape[:2] != (height, width):
        frame = cv2.resize(photo, (width, height), interpolation=cv2.INTER_CUBIC)
    return _on_canvas(saturate(frame, 1 - amount) if amount else frame, cutout)


def pixelated(cutout: Cutout, photo: Rgb, square_px: float) -> Rgb:
    """Lay the photo where it was in squares of their mean colour, without the subject's; mirrored beyond its frame.

    A square wholly behind the subject takes its colour from those around it.
    """
    _, _, width, height = cutout.frame
    count = (max(1, round(width / square_px)), max(1, round(height / square_px)))
    fine = (min(photo.shape[1], count[0] * _SAMPLES), min(photo.shape[0], count[1] * _SAMPLES))
    small = cv2.resize(photo, fine, interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = _background_weight(cutout, fine)
    known = cv2.resize(np.dstack([small * weight[..., None], weight]), count, interpolation=cv2.INTER_AREA)
    weight = known[..., 3]
    squares = known[..., :3] / np.maximum(weight, 1e-6)[..., None]
    filled = cv2.convertScaleAbs(_fill(squares, np.minimum(weight * _SAMPLES, 1), 1.0))
    return _on_canvas(cv2.resize(filled, (width, height), interpolation=cv2.INTER_NEAREST), cutout)


def _reduced_size(photo: Rgb, frame_size: tuple[int, int], sigma_px: float) -> tuple[int, int]:
    """Width and height at which the blur is a few pixels wide; never more than the photo has."""
    scale = min(1.0, _SIGMA_WHEN_REDUCED_PX / sigma_px, photo.shape[1] / frame_size[0])
    return max(1, round(frame_size[0] * scale)), max(1, round(frame_size[1] * scale))


def _background_weight(cutout: Cutout, size: tuple[int, int]) -> Floats:
    """How much of each reduced pixel is background, (h, w), 0..1; what touches the subject is none."""
    alpha = cv2.resize(_frame_of(cutout), size, interpolation=cv2.INTER_AREA)
    widened = cv2.dilate(alpha, np.ones((3, 3), np.uint8))
    return cv2.bitwise_not(widened).astype(np.float32) / np.float32(255)


def _frame_of(cutout: Cutout) -> Alpha:
    """Alpha within the photo's frame; transparent where the canvas has been cut."""
    x, y, width, height = cutout.frame
    canvas_height, canvas_width = cutout.alpha.shape
    left, right = max(0, x), min(canvas_width, x + width)
    top, bottom = max(0, y), min(canvas_height, y + height)
    alpha = np.zeros((height, width), np.uint8)
    alpha[top - y : bottom - y, left - x : right - x] = cutout.alpha[top:bottom, left:right]
    return alpha


def _fill(small: Floats, weight: Floats, sigma: float) -> Floats:
    """Replace what has no weight by what is near that has.

    Normalised convolution (Knutsson and Westin 1993), from the widest look round to the nearest: a place far
    inside the subject takes the colours of a wide surrounding, one at its edge those beside it.
    """
    known = np.dstack([small * weight[..., None], weight])
    around = known[..., :3].sum(axis=(0, 1)) / max(float(weight.sum()), 1.0)
    for reach in _sigmas(sigma, max(weight.shape)):
        near = gaussian(known, reach)
        around = (near[..., :3] + around * _FAINT) / (near[..., 3:] + _FAINT)
    filled: Floats = known[..., :3] + around * (1 - weight[..., None])
    return filled


def _sigmas(nearest: float, longest: float) -> list[float]:
    """Doubling from `nearest` up to the picture's size, widest first."""
    doublings = max(0, math.ceil(math.log2(longest / nearest)))
    return [nearest * 2**step for step in reversed(range(doublings + 1))]


def _on_canvas(frame: Rgb, cutout: Cutout) -> Rgb:
    x, y, width, height = cutout.frame
    canvas_height, canvas_width = cutout.alpha.shape
    right, bottom = canvas_width - x - width, canvas_height - y - height
    seen = frame[max(0, -y) : height + min(0, bottom), max(0, -x) : width + min(0, right)]
    border = (max(0, y), max(0, bottom), max(0, x), max(0, right))
    # Repeating the last row would draw stripes.
    return cv2.copyMakeBorder(seen, *border, cv2.BORDER_REFLECT)
