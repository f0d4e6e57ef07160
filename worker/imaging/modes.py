"""From any of Pillow's modes, and from 16 bits, to 8-bit RGB and alpha."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.imaging.colour import image_to_srgb, profile_space
from worker.imaging.types import Alpha, Rgb

_NUMBERS = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_RGB_MODES = ("RGB", "RGBA", "RGBX", "RGBa", "P", "PA", "HSV", "YCbCr")
"""Modes whose pixels are in the space of an RGB profile, once converted to RGB."""
_STRIP_PX = 512


def eight_bit(numbers: NDArray[Any]) -> NDArray[Any]:
    """Scale any numbers to 0..255, rounded: 16-bit by 1/257, so that 65535 becomes 255.

    Files do not say how far wide integers and floats reach: the top is the smallest of 1 (floats only), 255
    and 65535 that holds the largest value, else that value. What is not a number, or negative, becomes 0.
    """
    if numbers.dtype == np.uint8:
        return numbers
    if numbers.dtype == np.uint16:
        return cv2.convertScaleAbs(numbers, alpha=1 / 257)
    finite = np.nan_to_num(numbers.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    highest = float(finite.max())
    tops = (1.0, 255.0, 65535.0) if numbers.dtype.kind == "f" else (255.0, 65535.0)
    top = next((top for top in tops if highest <= top), highest)
    return cv2.convertScaleAbs(np.maximum(finite, 0), alpha=255 / top)


def split(image: Image.Image) -> tuple[Rgb, Alpha | None, bytes | None]:
    """Pixels of a loaded picture: RGB, alpha where the file has any, and the profile that still applies.

    CMYK, Lab and grey go through their profile to sRGB where they have one; a profile that is broken, or of
    another space than the pixels, is dropped. Raises ValueError for a mode Pillow cannot convert.
    """
    icc_profile: bytes | None = image.info.get("icc_profile")
    space = profile_space(icc_profile)
    if image.mode in _NUMBERS:
        return *_split_numbers(image), None
    if image.mode in _RGB_MODES and (space == "RGB" or space is None):
        return *_split_colours(image), icc_profile if space else None
    rgb, alpha = _split_colours(image)
    managed = _managed(image, icc_profile, space)
    return rgb if managed is None else np.asarray(managed), alpha, None


def split_array(pixels: NDArray[Any]) -> tuple[Rgb, Alpha | None]:
    """RGB and alpha of (H, W, 3) or (H, W, 4) in BGR order, as OpenCV reads it, of 8 or 16 bits."""
    pixels = eight_bit(pixels)
    if pixels.shape[2] == 3:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), None
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB), cv2.extractChannel(pixels, 3)


def _split_colours(image: Image.Image) -> tuple[Rgb, Alpha | None]:
    has_alpha = image.has_transparency_data
    if image.mode == "L" and not has_alpha:
        return cv2.cvtColor(np.asarray(image), cv2.COLOR_GRAY2RGB), None
    if image.mode == "RGB" and not has_alpha:
        return np.asarray(image), None
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    alpha = np.empty((image.height, image.width), np.uint8) if has_alpha else None
    # In strips: a whole picture converted stands in memory four times.
    for top in range(0, image.height, _STRIP_PX):
        strip = image.crop((0, top, image.width, min(top + _STRIP_PX, image.height)))
        pixels = np.asarray(strip.convert("RGBA" if has_alpha else "RGB"))
        rgb[top : top + _STRIP_PX] = pixels[..., :3]
        if alpha is not None:
            alpha[top : top + _STRIP_PX] = pixels[..., 3]
    return rgb, alpha


def _split_numbers(image: Image.Image) -> tuple[Rgb, Alpha | None]:
    numbers = np.asarray(image)
    numbers = numbers.astype(numbers.dtype.newbyteorder("="), copy=False)
    rgb = cv2.cvtColor(eight_bit(numbers), cv2.COLOR_GRAY2RGB)
    key = image.info.get("transparency")
    alpha = np.where(numbers == key, 0, 255).astype(np.uint8) if isinstance(key, int) else None
    return rgb, alpha


def _managed(image: Image.Image, icc_profile: bytes | None, space: str | None) -> Image.Image | None:
    """The picture as sRGB through its own profile, where the profile is of the picture's space."""
    bare = image.convert("L") if image.mode in ("L", "LA", "1") else image
    fits = {"L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}.get(bare.mode) == space
    return image_to_srgb(bare, icc_profile) if icc_profile and fits else None
