"""What a picture's header says, read without touching a pixel; it must not know numpy.

The API looks at a posted picture through `inspect`, the worker decodes what `open_header` returns, so both
refuse the same files for the same reasons. The order is fixed: bytes, magic, header, size.
"""

import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import BinaryIO

import pillow_heif
from PIL import ExifTags, Image

from shared.errors import ImageTooLarge, TooManyMegapixels, UnreadableImage, UnsupportedFormat

pillow_heif.register_heif_opener()
# Pillow only warns up to twice its limit; some of its plugins allocate between warning and error.
warnings.simplefilter("error", Image.DecompressionBombWarning)

CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "GIF": "image/gif",
}
"""What is accepted, by Pillow's name. MPO is what a JPEG with several pictures in it calls itself."""

UPRIGHT_ON_LOAD = frozenset({"TIFF", "HEIF"})
"""Formats whose Pillow plugin turns the pixels itself, and gives the size as it will be then."""

FOREIGN_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
    Warning,
)
"""What Pillow's plugins raise on broken files; a warning too, where the process makes errors of warnings."""

_HEAD_BYTES = 32
_MAGIC: tuple[tuple[bytes, tuple[str, ...]], ...] = (
    (b"\xff\xd8\xff", ("JPEG",)),
    (b"\x89PNG\r\n\x1a\n", ("PNG",)),
    (b"GIF87a", ("GIF",)),
    (b"GIF89a", ("GIF",)),
    (b"II*\x00", ("TIFF",)),
    (b"MM\x00*", ("TIFF",)),
    (b"II+\x00", ("TIFF",)),
    (b"MM\x00+", ("TIFF",)),
)
_BMP_HEADER_BYTES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_HEIF_BRANDS = frozenset(b"avif avis heic heix heim heis hevc hevx hevm hevs mif1 msf1".split())
_SEPARATE_PICTURES = "Multi-Frame"
"""How the MP types of a panorama, a disparity or a multi-angle set begin (CIPA DC-007, table 4)."""


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a picture may be at most."""

    max_bytes: int
    max_megapixels: float
    max_side_px: int


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of a picture before it is decoded."""

    width: int
    """In px, upright: the EXIF orientation is applied."""
    height: int
    content_type: str
    format: str
    """`jpeg`, `mpo`, `png`, `webp`, `avif`, `heif`, `tiff`, `bmp` or `gif`."""
    has_more_frames: bool = False
    """An animation, or several pages; only the first will be used."""


def inspect(stream: BinaryIO, limits: PictureLimits) -> PictureFacts:
    """Read the header of the seekable `stream`, and put it back to its beginning.

    Raises ImageTooLarge, UnsupportedFormat, UnreadableImage, TooManyMegapixels.
    """
    image = open_header(stream, limits)
    width, height = image.size
    if orientation(image) >= 5:  # 5 to 8 lie on their side
        width, height = height, width
    kind = str(image.format)
    facts = PictureFacts(width, height, CONTENT_TYPES[kind], kind.lower(), has_more_frames(image))
    stream.seek(0)
    return facts


def open_header(stream: BinaryIO, limits: PictureLimits) -> Image.Image:
    """Open the picture without loading it; its size is within the limits. Raises as `inspect` does."""
    _check_bytes(stream, limits)
    formats = sniff(_head(stream))
    if not formats:
        raise UnsupportedFormat("The file is none of JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP and GIF.")
    # The guard is one per process, and so are the limits: both come from the settings.
    Image.MAX_IMAGE_PIXELS = int(limits.max_megapixels * 1e6)
    try:
        image = Image.open(stream, formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(limits) from error
    except FOREIGN_ERRORS as error:
        raise UnreadableImage(f"The {formats[0]} header cannot be read.") from error
    _check_size(image.size, limits)
    return image


def sniff(head: bytes) -> tuple[str, ...]:
    """Pillow's names of the formats whose files begin like `head`; empty when none does."""
    for magic, formats in _MAGIC:
        if head.startswith(magic):
            return formats
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ("WEBP",)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return ("AVIF", "HEIF")  # `mif1` may be either
    # "BM" alone would make a bitmap of any text that begins so.
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES:
        return ("BMP",)
    return ()


def orientation(image: Image.Image) -> int:
    """The EXIF orientation still to be applied, 1 to 8; 1 when there is none or the EXIF is broken."""
    if image.format in UPRIGHT_ON_LOAD:
        return 1
    try:
        # Not image.getexif(): a PNG's would load the pixels to look behind them.
        value = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
    except FOREIGN_ERRORS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def has_more_frames(image: Image.Image) -> bool:
    """Whether there are pictures behind the first.

    A phone's MPO holds a thumbnail, a depth or a gain map beside its one photo: no other picture.
    """
    try:
        if image.format == "MPO":
            return _holds_separate_pictures(image)
        return bool(getattr(image, "is_animated", False))
    except FOREIGN_ERRORS:
        return False  # what follows is broken; whether the first frame is, loading it will tell


def _holds_separate_pictures(image: Image.Image) -> bool:
    entries = getattr(image, "mpinfo", {}).get(0xB002, ())
    return any(str(entry["Attribute"]["MPType"]).startswith(_SEPARATE_PICTURES) for entry in entries[1:])


def _check_bytes(stream: BinaryIO, limits: PictureLimits) -> None:
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > limits.max_bytes:
        raise ImageTooLarge(f"The picture has {size} bytes; at most {limits.max_bytes} are accepted.")
    if size == 0:
        raise UnreadableImage("The file is empty.")


def _head(stream: BinaryIO) -> bytes:
    head = stream.read(_HEAD_BYTES)
    stream.seek(0)
    return head


def _check_size(size: tuple[int, int], limits: PictureLimits) -> None:
    width, height = size
    if min(size) < 1:
        raise UnreadableImage("The picture has no pixels.")
    if max(size) > limits.max_side_px:
        raise TooManyMegapixels(f"The picture is {width}×{height} px; a side may have {limits.max_side_px}.")
    if width * height > limits.max_megapixels * 1e6:
        raise _too_many_pixels(limits)


def _too_many_pixels(limits: PictureLimits) -> TooManyMegapixels:
    return TooManyMegapixels(f"The picture has more than {limits.max_megapixels:g} megapixels.")
