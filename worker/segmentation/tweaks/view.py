"""What the network sees of a photo, and its matte put back onto the photo."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.spec.tweak import TweakSpec
from worker.imaging.types import Rgb
from worker.segmentation.segmenter import Matte, Segmenter
from worker.segmentation.tweaks.hint import hint
from worker.segmentation.tweaks.light import contrast, lift_shadows
from worker.segmentation.tweaks.texture import denoise, sharpen

_LONGER_SIDE_PX = 1536
"""Networks look at 1024 px or so; nothing is tweaked that they cannot see."""


def see(srgb: Rgb, segmenter: Segmenter, spec: TweakSpec) -> Matte:
    """The matte of a photo in about the network's own size, found on the tweaked picture."""
    return unpad(segmenter.small_matte(tweak(srgb, spec)), spec.pad)


def tweak(srgb: Rgb, spec: TweakSpec) -> Rgb:
    """The picture for the network; the very same array when nothing is asked for.

    Noise goes first, since all that follows would strengthen it, and the border last. The result may be smaller
    than the photo.
    """
    if spec == TweakSpec(preset=spec.preset, **_NOTHING):
        return srgb
    seen = denoise(_at_most(srgb, _LONGER_SIDE_PX), spec.denoise)
    seen = contrast(lift_shadows(seen, spec.lift_shadows), spec.contrast)
    return pad(hint(sharpen(seen, spec.sharpen), spec.hint), spec.pad)


_NOTHING: dict[str, Any] = {
    "contrast": 0,
    "denoise": 0,
    "lift_shadows": 0,
    "sharpen": 0,
    "pad": 0,
    "hint": 0,
}


def pad(srgb: Rgb, share: float) -> Rgb:
    """A border of this share of each side, continuing the photo's edge."""
    height, width = srgb.shape[:2]
    down, across = round(share * height), round(share * width)
    if down == across == 0:
        return srgb
    return np.asarray(cv2.copyMakeBorder(srgb, down, down, across, across, cv2.BORDER_REPLICATE))


def unpad(matte: NDArray[Any], share: float) -> NDArray[Any]:
    """The part of a matte (h, w) that shows the photo, without the border that `pad` added."""
    if share == 0:
        return matte
    height, width = matte.shape
    inner = 1 / (1 + 2 * share)
    size = (max(1, round(width * inner)), max(1, round(height * inner)))
    # From the photo's own corner, which may lie inside a pixel of the matte.
    x_step, y_step = width * inner / size[0], height * inner / size[1]
    x0 = (width - width * inner) / 2 + x_step / 2 - 0.5
    y0 = (height - height * inner) / 2 + y_step / 2 - 0.5
    place = np.array([[x_step, 0, x0], [0, y_step, y0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(matte, place, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _at_most(srgb: Rgb, longer_side_px: int) -> Rgb:
    scale = longer_side_px / max(srgb.shape)
    if scale >= 1:
        return srgb
    size = (max(1, round(srgb.shape[1] * scale)), max(1, round(srgb.shape[0] * scale)))
    return np.asarray(cv2.resize(srgb, size, interpolation=cv2.INTER_AREA))
