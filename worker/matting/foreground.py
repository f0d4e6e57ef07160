"""Colours of the subject alone: in a soft edge the photo shows a blend of subject and background.

Blur fusion (Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021), twice: once with a wide
kernel at reduced size for a smooth guess, once with a narrow one for detail.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Alpha, Rgb

_WIDE_SHARE = 0.06
"""Wide kernel in shares of the longer side (the paper's 90 px at 1.5 MP)."""
_NARROW_PX = 7
_EPSILON = 1e-3

Float = NDArray[Any]
"""float32, (H, W, 3) or (H, W, 1)."""


def estimate_foreground(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Subject colours (H, W, 3) for a photo and its alpha; pixels that are fully opaque stay the photo's."""
    soft = cv2.boundingRect(((alpha > 0) & (alpha < 255)).astype(np.uint8))
    if soft[2] == 0:
        return rgb
    x0, y0, x1, y1 = _padded(soft, alpha.shape)
    window = (slice(y0, y1), slice(x0, x1))
    estimated = rgb.copy()
    estimated[window] = _fuse(rgb[window], alpha[window])
    return estimated


def _padded(box: Sequence[int], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    x, y, width, height = box
    pad = round(_WIDE_SHARE * max(shape))
    return max(0, x - pad), max(0, y - pad), min(shape[1], x + width + pad), min(shape[0], y + height + pad)


def _fuse(rgb: Rgb, alpha: Alpha) -> Rgb:
    a = (alpha.astype(np.float32) / 255)[..., None]
    foreground, background = _wide_guess(rgb, alpha)
    photo = rgb.astype(np.float32)
    foreground, background = _blurred(foreground, a, _NARROW_PX), _blurred(background, 1 - a, _NARROW_PX)
    foreground += a * (photo - a * foreground - (1 - a) * background)
    fused = np.clip(foreground, 0, 255).astype(np.uint8)
    return np.where((alpha == 255)[..., None], rgb, fused)


def _wide_guess(rgb: Rgb, alpha: Alpha) -> tuple[Float, Float]:
    """Smooth subject and background colours, solved at an eighth of the size."""
    height, width = alpha.shape
    size = (max(1, width // 8), max(1, height // 8))
    photo = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    a = (cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255)[..., None]
    kernel_px = max(3, round(_WIDE_SHARE * max(size))) | 1
    pair = _blurred(photo, a, kernel_px), _blurred(photo, 1 - a, kernel_px)
    wide, back = (cv2.resize(p, (width, height), interpolation=cv2.INTER_LINEAR) for p in pair)
    return np.asarray(wide, np.float32), np.asarray(back, np.float32)


def _blurred(colours: Float, weight: Float, kernel_px: int) -> Float:
    """Mean of colours by weight over a square window."""
    kernel = (kernel_px, kernel_px)
    total = cv2.blur(colours * weight, kernel)
    share = cv2.blur(weight, kernel).reshape(*weight.shape)
    mean = cv2.blur(colours, kernel)
    # Where nothing of the weight is near, any colour serves: take the plain mean, so that nothing divides by 0.
    return np.asarray((total + _EPSILON * mean) / (share + _EPSILON), np.float32)
