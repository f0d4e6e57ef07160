"""From any of Pillow's modes, and from 16 bits, to 8-bit RGB and alpha."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from worker.imaging.colour import mode_to_srgb, profile_space
from worker.imaging.types import Alpha, Rgb

_NUMBERS = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_RGB_MODES = ("RGB", "RGBA", "RGBX", "RGBa", "P", "PA", "HSV", "YCbCr")
"""Modes whose pixels are in the space of an RGB profile, once converted to RGB."""
_BARE = {"LA": "L", "1": "L"}
"""Grey modes that are taken for plain grey before a profile is applied."""
_STRIP_PX = 512


def eight_bit(numbers: NDArray[Any]) -> NDArray[Any]:
    """Scale 8 or 16 bits to 0..255, rounded: by 1/257, so that 65535 becomes 255."""
    return numbers if numbers.dtype == np.uint8 else cv2.convertScaleAbs(numbers, alpha=1 / 257)


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
        return *_split_colours(image, None), icc_profile if space else None
    return *_split_colours(image, _managed(image, icc_profile)), None


def split_array(pixels: NDArray[Any]) -> tuple[Rgb, Alpha | None]:
    """RGB and alpha of (H, W, 3) or (H, W, 4) in BGR order, as OpenCV reads it, of 8 or 16 bits."""
    pixels = eight_bit(pixels)
    if pixels.shape[2] == 3:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), None
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB), cv2.extractChannel(pixels, 3)


def _split_colours(
    image: Image.Image, to_srgb: ImageCms.ImageCmsTransform | None
) -> tuple[Rgb, Alpha | None]:
    has_alpha = image.has_transparency_data
    if image.mode == "L" and not has_alpha and to_srgb is None:
        return cv2.cvtColor(np.asarray(image), cv2.COLOR_GRAY2RGB), None
    if image.mode == "RGB" and not has_alpha:
        return np.asarray(image), None
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    alpha = np.empty((image.height, image.width), np.uint8) if has_alpha else None
    for rows, strip in _strips(image):
        pixels = np.asarray(strip.convert("RGBA" if has_alpha else "RGB"))
        rgb[rows] = pixels[..., :3] if to_srgb is None else np.asarray(to_srgb.apply(_bare(strip)))
        if alpha is not None:
            alpha[rows] = pixels[..., 3]
    return rgb, alpha


def _split_numbers(image: Image.Image) -> tuple[Rgb, Alpha | None]:
    """Grey of more than 8 bits. Negative numbers, and what is none, become 0."""
    top = _top(image)
    key = image.info.get("transparency")
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    alpha = np.empty((image.height, image.width), np.uint8) if isinstance(key, int) else None
    for rows, strip in _strips(image):
        numbers = _numbers(strip)
        levels = cv2.convertScaleAbs(np.maximum(_finite(numbers), 0), alpha=255 / top)
        rgb[rows] = cv2.cvtColor(levels, cv2.COLOR_GRAY2RGB)
        if alpha is not None:
            alpha[rows] = np.where(numbers == key, 0, 255)
    return rgb, alpha


def _top(image: Image.Image) -> float:
    """The number that becomes 255.

    Files do not say how far wide integers and floats reach: it is the smallest of 1 (floats only), 255 and 65535
    that holds the largest value, else that value.
    """
    if image.mode.startswith("I;16"):
        return 65535.0
    highest = max(float(_finite(_numbers(strip)).max()) for _, strip in _strips(image))
    tops = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    return next((top for top in tops if highest <= top), highest)


def _numbers(strip: Image.Image) -> NDArray[Any]:
    """In the machine's own order of bytes."""
    numbers = np.asarray(strip)
    return numbers.astype(numbers.dtype.newbyteorder("="), copy=False)


def _finite(numbers: NDArray[Any]) -> NDArray[Any]:
    return np.nan_to_num(numbers.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _strips(image: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    """Band by band: a whole picture converted stands in memory four times."""
    for top in range(0, image.height, _STRIP_PX):
        bottom = min(top + _STRIP_PX, image.height)
        yield slice(top, bottom), image.crop((0, top, image.width, bottom))


def _managed(image: Image.Image, icc_profile: bytes | None) -> ImageCms.ImageCmsTransform | None:
    """The way to sRGB through the picture's own profile, where the profile is of the picture's space."""
    mode = _BARE.get(image.mode, image.mode)
    fits = {"L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}.get(mode) == profile_space(icc_profile)
    return mode_to_srgb(mode, icc_profile) if icc_profile and fits else None


def _bare(image: Image.Image) -> Image.Image:
    """Without alpha, in the mode that profiles speak of."""
    return image.convert(_BARE[image.mode]) if image.mode in _BARE else image
