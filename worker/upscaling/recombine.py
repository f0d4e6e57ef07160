"""Alpha and edge colours of an enlarged cut-out, held to what the small one says.

The network's alpha is too hard (hair turns into cut paper), bicubic alpha too soft: their mean is taken and
corrected by iterative back-projection (Irani & Peleg 1991): what the enlarged picture, averaged back, lacks
against the small one is added again. Measured on four RGBA pictures with known truth, ×4, in the edge band:
alpha MAE 0.067 against 0.080 for the official pipeline, composites over white, black and green 3.6 to 3.8 dB
better.
"""

import cv2
import numpy as np

from worker.imaging.types import Alpha, Rgb
from worker.upscaling.levels import Floats, Mask, as_rgb, premultiplied, resized, to_levels, unit

ALPHA_ROUNDS = 5
COLOUR_ROUNDS = 2
LEAST_ALPHA = 0.02  # below it, dividing by alpha only amplifies rounding
# One bicubic step reaches 2 small pixels: the first enlargement, each alpha round, each colour round.
MARGIN_PX = 2 * (1 + ALPHA_ROUNDS + COLOUR_ROUNDS)


def recombine(small_rgb: Rgb, small_alpha: Alpha, rgb: Rgb, network_alpha: Alpha) -> tuple[Rgb, Alpha]:
    """Correct the enlarged colours and alpha of one piece of a picture; RGB is 0 where the new alpha is 0.

    The small arrays are (H, W, …), bled; the enlarged ones (scale·H, scale·W, …). Within `MARGIN_PX` small
    pixels of the piece's border the result depends on what lies outside and is not to be kept, except where
    that border is the picture's own.
    """
    alpha = enlarged_alpha(small_alpha, network_alpha)
    corrected = corrected_colour(small_rgb, small_alpha, rgb, alpha)
    levels = to_levels(255 * alpha)
    corrected[levels == 0] = 0
    return corrected, levels


def enlarged_alpha(small: Alpha, network_alpha: Alpha) -> Floats:
    """Alpha 0..1 at the enlarged size, exactly 0 or 1 where the 5×5 small pixels are all 0 or all 255."""
    size = network_alpha.shape
    target = unit(small)
    alpha = (np.clip(_bicubic(target, size), 0, 1) + unit(network_alpha)) * np.float32(0.5)
    for _ in range(ALPHA_ROUNDS):
        alpha += _bicubic(target - _averaged(alpha, target.shape), size)
        np.clip(alpha, 0, 1, out=alpha)
    least, most = _extremes(small, 5)
    alpha[_repeated(most == 0, size)] = 0
    alpha[_repeated(least == 255, size)] = 1
    return alpha


def corrected_colour(small_rgb: Rgb, small_alpha: Alpha, rgb: Rgb, alpha: Floats) -> Rgb:
    """Enlarged colours that, times `alpha`, average to the small ones within a small pixel of the edge.

    Beyond, within four, the correction fades out: a sharp end shows as steps in fur.
    """
    size = alpha.shape
    band = _edge_band(small_alpha, size)
    target = premultiplied(small_rgb, unit(small_alpha))
    covered, ceiling = premultiplied(rgb, alpha), as_rgb(alpha)
    for _ in range(COLOUR_ROUNDS):
        covered += _bicubic(target - _averaged(covered, small_alpha.shape), size) * band
        np.clip(covered, 0, ceiling, out=covered)
    changed = (band[..., 0] > 0) & (alpha > LEAST_ALPHA)
    corrected: Rgb = rgb.copy()
    corrected[changed] = to_levels(255 * covered[changed] / alpha[changed][:, None])
    return corrected


def _edge_band(small: Alpha, shape: tuple[int, ...]) -> Floats:
    """How near each enlarged pixel is to an edge (H, W, 1): 1 within a small pixel, 0 beyond four."""
    least, most = _extremes(small, 3)
    edge = cv2.dilate(((least < 255) & (most > 0)).astype(np.float32), np.ones((3, 3), np.uint8))
    faded = np.asarray(cv2.blur(edge, (3, 3)), np.float32)
    return resized(faded, shape, cv2.INTER_LINEAR)[..., None]


def _bicubic(picture: Floats, shape: tuple[int, ...]) -> Floats:
    return resized(picture, shape, cv2.INTER_CUBIC)


def _averaged(picture: Floats, shape: tuple[int, ...]) -> Floats:
    return resized(picture, shape, cv2.INTER_AREA)


def _repeated(mask: Mask, shape: tuple[int, ...]) -> Mask:
    large = cv2.resize(mask.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(large, np.bool_)


def _extremes(alpha: Alpha, side_px: int) -> tuple[Alpha, Alpha]:
    """Smallest and largest alpha in the square around each pixel, the picture's outside left out."""
    square = np.ones((side_px, side_px), np.uint8)
    return np.asarray(cv2.erode(alpha, square), np.uint8), np.asarray(cv2.dilate(alpha, square), np.uint8)
