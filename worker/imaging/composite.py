"""Laying pixels under a cut-out, in straight alpha.

The formula is Porter and Duff's `over` (1984), divided by the resulting alpha: with a and b the alphas of the
upper and the lower layer, alpha = a + b (1 - a), and colour = (upper a + lower b (1 - a)) / alpha.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from shared.errors import TooManyMegapixels
from worker.imaging.types import Alpha, Cutout, Rgb

_STRIP_PX = 1 << 18
"""Pixels worked on at a time, so that the floats stay in cache (12 MP: 67 ms, in one piece 130 ms)."""

_MAX_CANVAS_MEGAPIXELS = 200
"""Four times the largest photo: room for its shadow, its reflection and a margin."""

WHITE = (255, 255, 255)


def grow(cutout: Cutout, left: int, top: int, right: int, bottom: int) -> Cutout:
    """Widen the canvas by so many px of nothing on each side; a negative number cuts away.

    Raises TooManyMegapixels.
    """
    if not (left or top or right or bottom):
        return cutout
    canvas_height, canvas_width = cutout.alpha.shape
    check_canvas(canvas_width + left + right, canvas_height + top + bottom)
    x, y, width, height = cutout.frame
    return Cutout(
        rgb=_bordered(cutout.rgb, left, top, right, bottom),
        alpha=_bordered(cutout.alpha, left, top, right, bottom),
        icc_profile=cutout.icc_profile,
        frame=(x + left, y + top, width, height),
    )


def under(cutout: Cutout, layer: Rgb, coverage: Alpha | int = 255, at: tuple[int, int] = (0, 0)) -> Cutout:
    """Lay `layer` under the cut-out, its upper left corner at x, y = `at`, inside the canvas.

    `layer` is (h, w, 3); `coverage` its alpha, (h, w) or one number, 0..255. Opaque pixels stay as they are.
    """
    x, y = at
    height, width = layer.shape[:2]
    rgb, alpha = cutout.rgb.copy(), cutout.alpha.copy()
    window = np.s_[y : y + height, x : x + width]
    _lay(rgb[window], alpha[window], layer, coverage)
    return cutout.with_pixels(rgb, alpha)


def beneath(cutout: Cutout, layer: Rgb, coverage: Alpha | int, at: tuple[int, int]) -> Cutout:
    """Lay `layer` under the cut-out as `under` does; where it leaves the canvas, the canvas grows."""
    x, y = at
    height, width = layer.shape[:2]
    canvas_height, canvas_width = cutout.alpha.shape
    left, top = max(0, -x), max(0, -y)
    right, bottom = max(0, x + width - canvas_width), max(0, y + height - canvas_height)
    canvas = grow(cutout, left, top, right, bottom)
    if canvas is cutout:
        return under(cutout, layer, coverage, at)
    # Nobody else holds these pixels yet: no second copy.
    window = np.s_[y + top : y + top + height, x + left : x + left + width]
    _lay(canvas.rgb[window], canvas.alpha[window], layer, coverage)
    return canvas


def check_canvas(width: int, height: int) -> None:
    """Raise TooManyMegapixels for a canvas that is out of proportion: effects may grow it, but not for ever."""
    if width * height > _MAX_CANVAS_MEGAPIXELS * 1_000_000:
        raise TooManyMegapixels(
            f"The effects need a canvas of {width}×{height} px; {_MAX_CANVAS_MEGAPIXELS} megapixels are the most."
        )


def plain(color: tuple[int, int, int], height: int, width: int) -> Rgb:
    """One colour as a layer, (height, width, 3), that takes no memory: read-only."""
    return np.broadcast_to(np.array(color, np.uint8), (height, width, 3))


def flatten(cutout: Cutout, color: tuple[int, int, int]) -> Rgb:
    """The cut-out on a plain opaque colour."""
    return under(cutout, plain(color, *cutout.alpha.shape)).rgb


def strips(height: int, width: int) -> Iterator[slice]:
    """Bands of whole rows that cover the picture."""
    rows = max(1, _STRIP_PX // width)
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def _lay(rgb: Rgb, alpha: Alpha, layer: Rgb, coverage: Alpha | int) -> None:
    """Change `rgb` and `alpha` in place."""
    for rows in strips(*alpha.shape):
        upper = alpha[rows]
        below = np.full_like(upper, coverage) if isinstance(coverage, int) else coverage[rows]
        # Shares of the two layers, 0..255, whose sum is the new alpha.
        lower_share = cv2.multiply(cv2.bitwise_not(upper), below, scale=1 / 255, dtype=cv2.CV_32F)
        upper_share = upper.astype(np.float32)
        lower_rgb = np.ascontiguousarray(layer[rows])
        rgb[rows] = cv2.blendLinear(np.ascontiguousarray(rgb[rows]), lower_rgb, upper_share, lower_share)
        alpha[rows] = cv2.add(upper_share, lower_share, dtype=cv2.CV_8U)


def _bordered(pixels: Rgb, left: int, top: int, right: int, bottom: int) -> Rgb:
    height, width = pixels.shape[:2]
    kept = pixels[max(0, -top) : height + min(0, bottom), max(0, -left) : width + min(0, right)]
    border = (max(0, top), max(0, bottom), max(0, left), max(0, right))
    return cv2.copyMakeBorder(kept, *border, cv2.BORDER_CONSTANT, value=0)
