"""Changing the size without letting hidden colours bleed into visible ones."""

import cv2
import numpy as np

from worker.imaging.types import Alpha, Cutout, Rgb


def resize(cutout: Cutout, width: int, height: int) -> Cutout:
    """The cut-out on a canvas of `width` by `height` px; colours are averaged by their alpha."""
    old_height, old_width = cutout.alpha.shape
    if (width, height) == (old_width, old_height):
        return cutout
    # 255 · 255 fits 16 bits: exact, at half the memory of floats.
    weight = cv2.cvtColor(cutout.alpha, cv2.COLOR_GRAY2RGB)
    colour = _scaled(cv2.multiply(cutout.rgb, weight, dtype=cv2.CV_16U), width, height)
    weight = _scaled(weight.astype(np.uint16) * 255, width, height)
    x, y, w, h = cutout.frame
    along, down = width / old_width, height / old_height
    return Cutout(
        rgb=cv2.divide(colour, weight, scale=255, dtype=cv2.CV_8U),
        alpha=_scaled(cutout.alpha, width, height),
        icc_profile=cutout.icc_profile,
        frame=(round(x * along), round(y * down), round(w * along), round(h * down)),
    )


def cover(rgb: Rgb, width: int, height: int) -> Rgb:
    """Enlarge or reduce a picture until it covers `width` by `height` px, and keep the middle."""
    have_height, have_width = rgb.shape[:2]
    scale = max(width / have_width, height / have_height)
    # Cut first, then scale what is left: nothing is computed that is not seen.
    keep_width = min(have_width, max(1, round(width / scale)))
    keep_height = min(have_height, max(1, round(height / scale)))
    left, top = (have_width - keep_width) // 2, (have_height - keep_height) // 2
    return _scaled(rgb[top : top + keep_height, left : left + keep_width], width, height)


def shrunk(pixels: Rgb | Alpha, width: int, height: int) -> Rgb | Alpha:
    """A picture that is larger than that in this size, each pixel the mean of those it covers, nearly.

    By twos, and bilinearly once less than two are left, where each pixel still counts: a fifth of the time of
    averaging areas, and mattes are as good (docs/quality.md).
    """
    while pixels.shape[0] >= 2 * height or pixels.shape[1] >= 2 * width:
        down, across = 1 + (pixels.shape[0] >= 2 * height), 1 + (pixels.shape[1] >= 2 * width)
        even = pixels[: pixels.shape[0] // down * down, : pixels.shape[1] // across * across]
        # Both average two by two, or two; each is the quicker one there, threefold and more.
        interpolation = cv2.INTER_AREA if down == across else cv2.INTER_LINEAR
        size = (even.shape[1] // across, even.shape[0] // down)
        pixels = np.asarray(cv2.resize(even, size, interpolation=interpolation))
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR))


def _scaled(pixels: Rgb | Alpha, width: int, height: int) -> Rgb:
    shrinks = width * height < pixels.shape[0] * pixels.shape[1]
    # Cubic would overshoot, and colour and weight would then disagree.
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
