"""Colour spaces: into and out of the photo's own, and colours as the specification writes them."""

import io
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from PIL import Image, ImageCms

from worker.imaging.types import Rgb

Rgba = tuple[int, int, int, int]
"""Red, green, blue, alpha, 0..255 each, straight."""

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""How bright red, green and blue are: Rec. ITU-R BT.709."""

_SRGB = ImageCms.createProfile("sRGB")
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_INDISTINGUISHABLE = 2
"""Levels by which a profile may differ from sRGB and still be taken for it: the many sRGB profiles do."""


def to_srgb(rgb: Rgb, icc_profile: bytes | None) -> Rgb:
    """The same colours in sRGB, as networks expect; `rgb` itself when it is sRGB already.

    It takes 60 ms a megapixel: reduce the picture first.
    """
    return _converted(rgb, _transform(icc_profile, "to_srgb") if icc_profile else None)


def from_srgb(rgb: Rgb, icc_profile: bytes | None) -> Rgb:
    """sRGB colours in the space that `icc_profile` describes; `rgb` itself when that is sRGB."""
    return _converted(rgb, _transform(icc_profile, "from_srgb") if icc_profile else None)


def parse_color(color: str) -> Rgba:
    """Read `#rgb`, `#rgba`, `#rrggbb` or `#rrggbbaa` (checked by the specification)."""
    digits = color.removeprefix("#")
    if len(digits) <= 4:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, alpha = bytes.fromhex(digits.ljust(8, "f"))
    return red, green, blue, alpha


def color_in(color: str, icc_profile: bytes | None) -> Rgba:
    """A colour of the specification, which means sRGB, as values of the photo's own space."""
    red, green, blue, alpha = parse_color(color)
    pixel = from_srgb(np.array([[[red, green, blue]]], np.uint8), icc_profile)[0, 0]
    return int(pixel[0]), int(pixel[1]), int(pixel[2]), alpha


def saturate(rgb: Rgb, factor: float) -> Rgb:
    """Each colour's distance to its grey times `factor`: 0 takes all colour, 1 changes nothing."""
    grey = np.tile(LUMA, (3, 1))
    return cv2.transform(rgb, grey + np.float32(factor) * (np.eye(3, dtype=np.float32) - grey))


def profile_space(icc_profile: bytes | None) -> str | None:
    """`RGB`, `GRAY`, `CMYK`… when the profile can be used, None when there is none or it is broken."""
    if not icc_profile:
        return None
    try:
        return str(ImageCms.ImageCmsProfile(io.BytesIO(icc_profile)).profile.xcolor_space).strip()
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return None


def mode_to_srgb(mode: str, icc_profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """From grey, CMYK or Lab pictures of this mode to sRGB through a profile, or None where the two do not fit."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        return ImageCms.buildTransform(source, _SRGB, mode, "RGB", _INTENT, _FLAGS)
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return None


def _converted(rgb: Rgb, transform: ImageCms.ImageCmsTransform | None) -> Rgb:
    if transform is None:
        return rgb
    return np.asarray(transform.apply(Image.fromarray(rgb)))


@lru_cache(maxsize=32)
def _transform(
    icc_profile: bytes, direction: Literal["to_srgb", "from_srgb"]
) -> ImageCms.ImageCmsTransform | None:
    """The transform, built once per profile; None when it would change nothing or cannot be built."""
    try:
        photo = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        source, target = (photo, _SRGB) if direction == "to_srgb" else (_SRGB, photo)
        transform = ImageCms.buildTransform(source, target, "RGB", "RGB", _INTENT, _FLAGS)
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return None
    return None if _changes_nothing(transform) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    probe = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    there = np.asarray(transform.apply(Image.fromarray(probe)))
    return int(np.abs(there.astype(np.int16) - probe).max()) <= _INDISTINGUISHABLE
