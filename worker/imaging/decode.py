"""From a file's bytes to an upright photo."""

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile

from shared.errors import UnreadableImage
from shared.picture import FOREIGN_ERRORS, PictureLimits, has_more_frames, open_header, orientation
from worker.imaging.avif_size import coded_pixels
from worker.imaging.colour import profile_space
from worker.imaging.modes import split, split_array
from worker.imaging.orientation import upright
from worker.imaging.types import Alpha, Photo, Rgb

# Half a picture is no picture: Pillow's default, stated because a library may have changed it.
ImageFile.LOAD_TRUNCATED_IMAGES = False

FIRST_FRAME_ONLY = "first_frame_only"

_MOST_DEEP_BYTES = 150_000_000
"""Larger 16-bit pictures keep the upper 8 bits unrounded, as Pillow reads them: a level off, for half the memory."""
_MOST_SCANS = 200
"""A progressive JPEG has about ten; each costs a pass over all pixels and may be a few hundred bytes of file."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pixels:
    """As stored, before turning."""

    rgb: Rgb
    alpha: Alpha | None
    icc_profile: bytes | None


def decode(data: bytes | BinaryIO, limits: PictureLimits) -> Photo:
    """Read a picture completely: 8-bit RGB in its own colour space, upright, with its alpha if it has any.

    Raises ImageTooLarge, UnsupportedFormat, UnreadableImage and TooManyMegapixels; sizes are checked before
    pixels are allocated.
    """
    if not isinstance(data, bytes):
        data = data.read(limits.max_bytes + 1)
    image = open_header(io.BytesIO(data), limits)
    announced = image.size
    turn = orientation(image)
    flags = (FIRST_FRAME_ONLY,) if has_more_frames(image) else ()
    try:
        _check_coded_size(image, data, limits)
        pixels = _read(image, data)
    except (*FOREIGN_ERRORS, Image.DecompressionBombError, cv2.error) as error:
        raise UnreadableImage("The picture is damaged or incomplete.") from error
    if pixels.rgb.shape[1::-1] != announced:  # a HEIF whose stream is of another size than its `ispe` says
        raise UnreadableImage("The picture has another size than its header says.")
    return Photo(
        rgb=upright(pixels.rgb, turn),
        alpha=_unless_opaque(pixels.alpha, turn),
        icc_profile=pixels.icc_profile,
        flags=flags,
    )


def _check_coded_size(image: Image.Image, data: bytes, limits: PictureLimits) -> None:
    """The other decoders allocate what the header says, or stop there; AVIF's allocates what its frames say."""
    if image.format != "AVIF":
        return
    pixels, most = coded_pixels(data), limits.max_megapixels * 1e6
    # A photo and its alpha are two; what else is there is small.
    if max(pixels, default=0) > most or sum(pixels) > 2.5 * most:
        raise ValueError("the frames are larger than the header says")


def _read(image: Image.Image, data: bytes) -> _Pixels:
    # Within compressed data a zero follows each FF, so these are markers (or lie in a thumbnail, which has few).
    if image.format in ("JPEG", "MPO") and data.count(b"\xff\xda") > _MOST_SCANS:
        raise ValueError("too many scans")
    if image.format in ("JPEG", "MPO") and image.mode == "RGB":
        pixels = _read_jpeg(image, data)
        if pixels is not None:
            return pixels
    deep = _is_deep(image)
    image.load()
    if deep:
        pixels = _read_deep(image, data)
        if pixels is not None:
            return pixels
    return _Pixels(*split(image))


def _read_jpeg(image: Image.Image, data: bytes) -> _Pixels | None:
    """The common case through OpenCV: Pillow's very pixels at half its time and memory (12 MP: 50 for 90 ms).

    None when it cannot be read whole; Pillow then says why, or reads it.
    """
    rgb = cv2.imdecode(_bytes_of(data), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    if rgb is None or rgb.shape[:2] != (image.height, image.width):
        return None
    icc_profile = image.info.get("icc_profile")
    return _Pixels(rgb, None, icc_profile if profile_space(icc_profile) == "RGB" else None)


def _is_deep(image: Image.Image) -> bool:
    """Whether colours have 16 bits, of which Pillow would keep the upper 8 unrounded."""
    tile = getattr(image, "tile", None)
    if image.mode not in ("RGB", "RGBA") or not tile or image.format not in ("PNG", "TIFF"):
        return False
    if 2 * image.width * image.height * len(image.mode) > _MOST_DEEP_BYTES:
        return False
    arguments = tile[0][3]
    raw_mode = arguments[0] if isinstance(arguments, tuple) else arguments
    # Pillow turns a TIFF upright and divides by its alpha (`RGBa`); OpenCV would do neither.
    if not isinstance(raw_mode, str) or raw_mode.startswith("RGBa") or _lies(image):
        return False
    return raw_mode.partition(";")[2].startswith("16")


def _lies(image: Image.Image) -> bool:
    return bool(getattr(image, "tag_v2", {}).get(ExifTags.Base.Orientation, 1) != 1)


def _read_deep(image: Image.Image, data: bytes) -> _Pixels | None:
    """16 bits a channel through OpenCV; `image` is loaded already, which proves that the file is whole."""
    if "transparency" in image.info:
        return None  # a 16-bit colour key: Pillow's 8 bits will do
    if image.format == "PNG":
        data = _chunks(data)
    pixels = cv2.imdecode(_bytes_of(data), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    expected = (image.height, image.width, len(image.mode))
    if pixels is None or pixels.dtype != np.uint16 or pixels.shape != expected:
        return None
    icc_profile = image.info.get("icc_profile")
    return _Pixels(*split_array(pixels), icc_profile if profile_space(icc_profile) == "RGB" else None)


def _chunks(data: bytes) -> bytes:
    """A PNG up to its end; raises ValueError where a chunk says that it is longer than the file.

    Pillow reads no further than the pixels; OpenCV makes room for whatever a chunk says of itself, up to 2 GB.
    """
    place, name = 8, b""
    while name != b"IEND" and place < len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        place += 12 + length
        if place > len(data):
            raise ValueError("a chunk is cut off")
    return data[:place]


def _bytes_of(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def _unless_opaque(alpha: Alpha | None, turn: int) -> Alpha | None:
    if alpha is None or alpha.min() == 255:
        return None
    return upright(alpha, turn)
