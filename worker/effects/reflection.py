"""The subject mirrored below itself."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.effects import ReflectionSpec
from worker.imaging.blur import gaussian
from worker.imaging.composite import beneath, strips
from worker.imaging.crop import subject_box
from worker.imaging.ground import Line, ground_line, lowest_rows
from worker.imaging.silhouette import reach_px
from worker.imaging.types import Alpha, Cutout, Rgb, Scene


def apply(cutout: Cutout, spec: ReflectionSpec, scene: Scene) -> Cutout:
    """Lay the image under the subject, mirrored at the line it stands on; the canvas grows by what it needs."""
    box = subject_box(cutout.alpha)
    if box is None or spec.opacity == 0:
        return cutout
    x, y, width, height = box
    rgb, alpha = cutout.rgb[y : y + height, x : x + width], cutout.alpha[y : y + height, x : x + width]
    ground = ground_line(lowest_rows(alpha))
    top = math.floor(float(ground.min()))
    rgb, alpha = _mirrored(rgb, alpha, ground, max(1.0, height * spec.length / 100))
    per_cent = cutout.longer_side / 100
    margin = reach_px(spec.blur * per_cent)
    rgb, alpha = _matt(rgb, alpha, spec.blur * per_cent, margin)
    alpha = cv2.convertScaleAbs(alpha, alpha=spec.opacity)
    return beneath(cutout, rgb, alpha, at=(x - margin, y + top + round(spec.gap * per_cent)))


def _mirrored(rgb: Rgb, alpha: Alpha, ground: Line, seen_px: float) -> tuple[Rgb, Alpha]:
    """Each column mirrored at its own row of the ground, fading over `seen_px`; the first row is the highest such."""
    top = np.float32(math.floor(float(ground.min())))
    rows, width = math.ceil(float(ground.max() - top) + seen_px), rgb.shape[1]
    image, coverage = np.empty((rows, width, 3), np.uint8), np.empty((rows, width), np.uint8)
    columns = np.arange(width, dtype=np.float32)[None]
    for band in strips(rows, width):
        # From the middle of each pixel to the mirror's line, and as far again.
        below = np.arange(band.start, band.stop, dtype=np.float32)[:, None] + np.float32(0.5) + top - ground
        source_rows = ground - np.float32(0.5) - below
        source_columns = np.broadcast_to(columns, below.shape).copy()
        image[band] = cv2.remap(
            rgb, source_columns, source_rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        seen = cv2.remap(alpha, source_columns, source_rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        coverage[band] = cv2.multiply(seen, _fading(below / np.float32(seen_px)), scale=1 / 255)
    return image, coverage


def _fading(distance: NDArray[Any]) -> Alpha:
    """From 255 at the line (0) to nothing at 1; squared, as the eye sees an even fading. None above the line."""
    left: NDArray[Any] = np.clip(1 - distance, 0, 1)
    left[distance < 0] = 0
    return cv2.multiply(left, left, scale=255, dtype=cv2.CV_8U)


def _matt(rgb: Rgb, alpha: Alpha, sigma_px: float, margin: int) -> tuple[Rgb, Alpha]:
    """Both blurred, and widened by `margin` to the left, to the right and downward; the line stays sharp."""
    if margin == 0:
        return rgb, alpha
    # Multiplied, so that what is hidden lends no colour.
    seen = cv2.multiply(rgb, cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    seen, alpha = (
        np.ascontiguousarray(gaussian(_widened(pixels, margin), sigma_px)) for pixels in (seen, alpha)
    )
    return cv2.divide(seen, cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB), scale=255), alpha


def _widened(pixels: Rgb, margin: int) -> Rgb:
    return cv2.copyMakeBorder(pixels, 0, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
