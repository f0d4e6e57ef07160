"""From pixels to a result file. Only the colour profile goes along; no other metadata can, as none is kept.

PNG is OpenCV's, deflate level 1 behind the `up` filter: half the time of the rest at the smallest size.
Measured on cut-outs of 2 MP (and 12 MP), two cores: Pillow level 1 67 ms, 0.80 MB (312 ms); OpenCV 30 ms,
0.77 MB (150 ms); libvips 14 ms, 1.05 MB (58 ms): a third larger, and a library more.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.errors import InternalError, TooManyMegapixels
from shared.spec.output import OutputSpec
from worker.imaging.composite import flatten, zero_hidden
from worker.imaging.types import Alpha, Cutout

_WHITE = (255, 255, 255)
_WEBP_MAX_SIDE_PX = 16_383  # 14 bits in the bitstream
_JPEG_MAX_SIDE_PX = 65_500  # libjpeg's JPEG_MAX_DIMENSION
_WEBP_EFFORT = 2
"""libwebp's method; 2 MP: 0 takes 67 ms and 0.34 MB, 2 155 ms and 0.20 MB, 4 237 ms and 0.20 MB."""
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A result file."""

    data: memoryview
    content_type: str
    extension: str
    """Without the dot."""
    width: int
    height: int


def encode(cutout: Cutout, spec: OutputSpec) -> Encoded:
    """Write a cut-out in the format asked for; colours that are not seen do not influence a byte.

    Raises TooManyMegapixels where the format cannot hold so long a side.
    """
    if spec.channels == "alpha":
        cutout = Cutout(cv2.cvtColor(cutout.alpha, cv2.COLOR_GRAY2RGB), np.full_like(cutout.alpha, 255))
    return _WRITERS[spec.format](cutout, spec)


def encode_matte(alpha: Alpha) -> Encoded:
    """Write a matte as an 8-bit grey PNG."""
    return _encoded(png(alpha, None), alpha, "png")


def png(pixels: NDArray[Any], icc_profile: bytes | None) -> memoryview:
    """(H, W), or (H, W, 3 or 4) in BGR order, as a PNG."""
    return _write(".png", pixels, icc_profile, _PNG)


def bgra(cutout: Cutout) -> NDArray[Any]:
    """The four channels in OpenCV's order, colours hidden by alpha 0 zeroed."""
    pixels = cv2.cvtColor(zero_hidden(cutout.rgb, cutout.alpha), cv2.COLOR_RGB2BGRA)
    return cv2.insertChannel(cutout.alpha, pixels, 3)


def _encode_png(cutout: Cutout, spec: OutputSpec) -> Encoded:
    if spec.channels == "alpha":
        return encode_matte(cutout.rgb[..., 0].copy())
    return _encoded(png(bgra(cutout), cutout.icc_profile), cutout.alpha, "png")


def _encode_jpeg(cutout: Cutout, spec: OutputSpec) -> Encoded:
    _check_sides(cutout.alpha, "jpeg", _JPEG_MAX_SIDE_PX)
    rgb = flatten(cutout, _WHITE)
    pixels = rgb[..., 0].copy() if spec.channels == "alpha" else cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    data = _write(".jpg", pixels, cutout.icc_profile, [cv2.IMWRITE_JPEG_QUALITY, spec.quality])
    return _encoded(data, cutout.alpha, "jpeg")


def _encode_webp(cutout: Cutout, spec: OutputSpec) -> Encoded:
    _check_sides(cutout.alpha, "webp", _WEBP_MAX_SIDE_PX)
    rgba = cv2.cvtColor(bgra(cutout), cv2.COLOR_BGRA2RGBA)
    image = Image.fromarray(rgba if spec.channels == "rgba" else cutout.rgb)
    stream = io.BytesIO()
    # For lossless, quality and method are effort: 0 packs 2 MP in 36 ms, 40 % smaller than PNG.
    lossless = spec.quality == 100
    image.save(
        stream,
        "WEBP",
        lossless=lossless,
        quality=0 if lossless else spec.quality,
        method=0 if lossless else _WEBP_EFFORT,
        icc_profile=cutout.icc_profile,
    )
    return _encoded(stream.getbuffer(), cutout.alpha, "webp")


_WRITERS: dict[str, Callable[[Cutout, OutputSpec], Encoded]] = {
    "png": _encode_png,
    "jpeg": _encode_jpeg,
    "webp": _encode_webp,
}


def _encoded(data: memoryview, alpha: Alpha, kind: str) -> Encoded:
    height, width = alpha.shape
    extension = "jpg" if kind == "jpeg" else kind
    return Encoded(data, f"image/{kind}", extension, width, height)


def _write(extension: str, pixels: NDArray[Any], icc_profile: bytes | None, options: list[int]) -> memoryview:
    """Encode with OpenCV, which embeds the profile as it stands since version 5."""
    if icc_profile is None:
        done, data = cv2.imencode(extension, pixels, options)
    else:
        kinds, profiles = [cv2.IMAGE_METADATA_ICCP], [np.frombuffer(icc_profile, np.uint8)]
        done, data = cv2.imencodeWithMetadata(extension, pixels, kinds, profiles, options)
    if not done:
        raise InternalError(f"The picture could not be written as {extension}.")
    return data.data


def _check_sides(alpha: Alpha, kind: str, most_px: int) -> None:
    if max(alpha.shape) > most_px:
        raise TooManyMegapixels(f"A {kind} holds at most {most_px} px a side; ask for png.")
