"""The files that a stranger may hand in, each with the code it must get; `READS` where it is a picture after all.

One row a class of file, in `CASES`; the bytes are made when they are asked for.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from shared.errors import TooManyMegapixels, UnreadableImage, UnsupportedFormat
from tests.images import file_of, gradient, turned_file

pillow_heif.register_heif_opener()

READS = "reads"
UNREADABLE = UnreadableImage.code
UNSUPPORTED = UnsupportedFormat.code
TOO_MANY = TooManyMegapixels.code
READS_OR_UNREADABLE = f"{READS} or {UNREADABLE}"
"""Where the file is within its rights to be either: the decoders differ, and nothing worse may happen."""

RGB = gradient()
NOISE = np.random.default_rng(4).integers(0, 256, (60, 80, 3), np.uint8)
KINDS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIF")
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_ORIENTATION = 0x0112
_FOUND = Path(__file__).parents[2] / "fuzz" / "found" / "picture"


def png_chunk(name: bytes, body: bytes) -> bytes:
    """A chunk with its checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(  # the parts of the header that may lie
    width: int, height: int, pixels: bytes, *, depth: int = 8, colour: int = 0, before: bytes = b""
) -> bytes:
    """A PNG of exactly these parts; `before` stands before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + before + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def flat_png(width: int, height: int, **options: int) -> bytes:
    """Black from edge to edge: a few kB, however large."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[options.get("colour", 0)] * options.get("depth", 8) // 8
    squeezed, row = zlib.compressobj(9), bytes(1 + width * channels)
    pixels = b"".join(squeezed.compress(row) for _ in range(height)) + squeezed.flush()
    return png(width, height, pixels, **options)


def jpeg_of_size(width: int, height: int) -> bytes:
    """A small JPEG whose header says it were so large."""
    data = bytearray(file_of(RGB, "JPEG"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def jpeg_of_many_scans(count: int) -> bytes:
    """A progressive JPEG that repeats one scan: a second of work for each kB of file."""
    data = file_of(np.zeros((6000, 8000), np.uint8), "JPEG", progressive=True)
    scans = [place for place in range(len(data) - 1) if data[place : place + 2] == b"\xff\xda"]
    again = data[scans[1] : data.index(b"\xff", scans[1] + 2)]
    return data[: scans[2]] + again * count + data[scans[2] :]


def tiff_of_size(width: int, height: int) -> bytes:
    """A TIFF with the size in its directory changed."""
    data = bytearray(file_of(RGB, "TIFF"))
    for tag, value in ((256, width), (257, height)):
        place = data.index(struct.pack("<HH", tag, 4 if struct.pack("<HH", tag, 4) in data else 3))
        data[place : place + 12] = struct.pack("<HHII", tag, 4, 1, value)
    return bytes(data)


def gif_of_canvas(width: int, height: int) -> bytes:
    """A small frame on a canvas of that size."""
    data = bytearray(file_of(RGB, "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def webp_of_canvas(width: int, height: int) -> bytes:
    """An extended WebP whose canvas is larger than its frame."""
    data = bytearray(file_of(np.dstack([RGB, RGB[..., 0]]), "WEBP", exif=b"Exif\0\0"))
    place = data.index(b"VP8X") + 12
    data[place : place + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def bmp_of_size(width: int, height: int) -> bytes:
    """A bitmap with the size in its header changed."""
    data = bytearray(file_of(RGB, "BMP"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def bmp_of_short_runs(side: int) -> bytes:
    """A run-length bitmap of one-pixel runs, the slowest there is to read."""
    rows = (bytes([1, 0]) * side + b"\0\0") * side + b"\0\1"
    start = 14 + 40 + 1024
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(rows), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + header + bytes(1024) + rows


def heif_of_size(kind: str, width: int, height: int) -> bytes:
    """An AVIF or HEIC whose `ispe` says another size than its picture has."""
    data = bytearray(file_of(RGB, kind))
    place = data.index(b"ispe") + 8
    data[place : place + 8] = struct.pack(">II", width, height)
    return bytes(data)


def picture_then(kind: str, more: bytes) -> bytes:
    """A picture that is something else as well."""
    return file_of(RGB, kind) + more


def jpeg_with_comment(comment: bytes) -> bytes:
    """A JPEG that says so."""
    data = file_of(RGB, "JPEG")
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + data[2:]


def archive() -> bytes:
    """A zip with a page in it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("index.html", "<script>alert(1)</script>")
    return stream.getvalue()


def animation(kind: str) -> bytes:
    """Two frames, or two pages."""
    frames = [Image.new("RGB", (8, 8), color) for color in ("#ff0000", "#00ff00")]
    return file_of(frames[0], kind, save_all=True, append_images=frames[1:])


def with_profile(profile: bytes) -> bytes:
    """A JPEG with it."""
    return file_of(RGB, "JPEG", icc_profile=profile)


def exif_of(orientation: object) -> bytes:
    """A JPEG whose EXIF says that."""
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    return file_of(RGB, "JPEG", exif=exif)


def through_opencv(extension: str, pixels: np.ndarray) -> bytes:
    """What Pillow does not write: 16 bits a channel."""
    return bytes(cv2.imencode(extension, pixels)[1])


def mode(name: str, kind: str = "PNG", **options: object) -> bytes:
    """The gradient in another of Pillow's modes."""
    return file_of(Image.fromarray(RGB).convert(name), kind, **options)


_PAGE = b"<html><script>alert(document.domain)</script></html>"
_SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_TOO_DEEP = zlib.compress(bytes(300_000_000), 9)
_TEXT_BOMB = png_chunk(b"zTXt", b"Comment\0\0" + _TOO_DEEP)
_PROFILE_BOMB = png_chunk(b"iCCP", b"icc\0\0" + _TOO_DEEP)
_16_BIT = (gradient().astype(np.uint16) * 257)[..., ::-1]
_MEGA = 7000  # 49 of the 50 megapixels that are accepted

Case = tuple[str, Callable[[], bytes]]

CASES: dict[str, Case] = {
    # Bombs: small files, much memory or time.
    "bomb/png-9000": (TOO_MANY, lambda: flat_png(9000, 9000)),
    "bomb/png-20000": (TOO_MANY, lambda: flat_png(20_000, 20_000, depth=8)),
    "bomb/png-side": (TOO_MANY, lambda: flat_png(16_385, 4)),
    "bomb/png-lies": (TOO_MANY, lambda: png(0x7FFFFFFF, 0x7FFFFFFF, zlib.compress(b"\0"))),
    "bomb/png-12000x9000": (TOO_MANY, lambda: flat_png(12_000, 9000)),
    "bomb/jpeg-12000x9000": (TOO_MANY, lambda: file_of(np.zeros((9000, 12_000), np.uint8), "JPEG")),
    "bomb/png-text": (READS_OR_UNREADABLE, lambda: png(8, 8, zlib.compress(bytes(72)), before=_TEXT_BOMB)),
    "bomb/png-profile": (
        READS_OR_UNREADABLE,
        lambda: png(8, 8, zlib.compress(bytes(72)), before=_PROFILE_BOMB),
    ),
    "bomb/png-pixels-behind": (READS_OR_UNREADABLE, lambda: png(8, 8, _TOO_DEEP)),
    "bomb/tiff": (TOO_MANY, lambda: tiff_of_size(100_000, 100_000)),
    "bomb/tiff-deflate": (
        TOO_MANY,
        lambda: file_of(Image.new("L", (12_000, 9000)), "TIFF", compression="tiff_adobe_deflate"),
    ),
    "bomb/webp-canvas": (TOO_MANY, lambda: webp_of_canvas(16_000, 16_000)),
    "bomb/gif-canvas": (TOO_MANY, lambda: gif_of_canvas(65_535, 65_535)),
    "bomb/bmp": (TOO_MANY, lambda: bmp_of_size(30_000, 30_000)),
    "bomb/bmp-negative": (TOO_MANY, lambda: bmp_of_size(-64, 48)),
    "bomb/bmp-short-runs": (READS_OR_UNREADABLE, lambda: bmp_of_short_runs(3500)),
    "bomb/jpeg-lies-too-large": (TOO_MANY, lambda: jpeg_of_size(65_500, 65_500)),
    "bomb/jpeg-lies": (READS_OR_UNREADABLE, lambda: jpeg_of_size(7000, 7000)),
    "bomb/jpeg-no-size": (UNREADABLE, lambda: jpeg_of_size(0, 0)),
    "bomb/jpeg-many-scans": (UNREADABLE, lambda: jpeg_of_many_scans(2000)),
    "bomb/avif-lies": (UNREADABLE, lambda: heif_of_size("AVIF", 30_000, 30_000)),
    "bomb/heic-lies": (UNREADABLE, lambda: heif_of_size("HEIF", 30_000, 30_000)),
    # 2 kB, 64 × 48 by its header; its one frame has 12000 × 9000.
    "bomb/avif-frame": (UNREADABLE, (_FOUND / "avif_frame_of_108_megapixels").read_bytes),
    "bomb/heic-frame": (UNREADABLE, (_FOUND / "heif_stream_of_another_size").read_bytes),
    # As large as is accepted.
    "large/grey": (READS, lambda: flat_png(_MEGA, _MEGA)),
    "large/rgb": (READS, lambda: flat_png(_MEGA, _MEGA, colour=2)),
    "large/rgba": (READS, lambda: flat_png(_MEGA, _MEGA, colour=6)),
    "large/16-bit": (READS, lambda: flat_png(_MEGA, _MEGA, colour=2, depth=16)),
    "large/16-bit-alpha": (READS, lambda: flat_png(_MEGA, _MEGA, colour=6, depth=16)),
    "large/grey-alpha": (READS, lambda: flat_png(_MEGA, _MEGA, colour=4)),
    "large/cmyk": (READS, lambda: file_of(Image.new("CMYK", (_MEGA, _MEGA)), "JPEG")),
    "large/jpeg": (READS, lambda: file_of(np.zeros((_MEGA, _MEGA, 3), np.uint8), "JPEG")),
    "large/1x4000": (READS, lambda: flat_png(1, 4000)),
    "large/1x1": (READS, lambda: flat_png(1, 1)),
    # What only looks like one.
    "wrong/empty": (UNREADABLE, lambda: b""),
    "wrong/text": (UNSUPPORTED, lambda: b"a picture, honestly.jpg"),
    "wrong/page": (UNSUPPORTED, lambda: _PAGE),
    "wrong/magic-only-png": (UNREADABLE, lambda: b"\x89PNG\r\n\x1a\n"),
    "wrong/magic-only-jpeg": (UNREADABLE, lambda: b"\xff\xd8\xff"),
    "wrong/magic-of-another": (UNREADABLE, lambda: b"\xff\xd8\xff" + file_of(RGB)[3:]),
    "wrong/zip": (UNSUPPORTED, archive),
    "wrong/program": (UNSUPPORTED, lambda: b"\x7fELF\2\1\1" + bytes(200)),
    "wrong/zeros": (UNSUPPORTED, lambda: bytes(10_000)),
    # Formats that are refused, though Pillow may know them.
    "refused/svg": (UNSUPPORTED, lambda: _SVG),
    "refused/eps": (UNSUPPORTED, lambda: file_of(RGB, "EPS")),
    "refused/pdf": (UNSUPPORTED, lambda: file_of(RGB, "PDF")),
    "refused/ico": (UNSUPPORTED, lambda: file_of(RGB, "ICO")),
    "refused/jpeg-2000": (UNSUPPORTED, lambda: file_of(RGB, "JPEG2000")),
    "refused/icns": (UNSUPPORTED, lambda: file_of(Image.new("RGBA", (32, 32)), "ICNS")),
    "refused/tga": (UNSUPPORTED, lambda: file_of(RGB, "TGA")),
    "refused/ppm": (UNSUPPORTED, lambda: file_of(RGB, "PPM")),
    "refused/pcx": (UNSUPPORTED, lambda: file_of(RGB, "PCX")),
    "refused/dds": (UNSUPPORTED, lambda: file_of(RGB, "DDS")),
    "refused/psd": (UNSUPPORTED, lambda: b"8BPS\0\1" + bytes(100)),
    "refused/fits": (UNSUPPORTED, lambda: b"SIMPLE  =                    T".ljust(2880)),
    "refused/wmf": (UNSUPPORTED, lambda: b"\xd7\xcd\xc6\x9a" + bytes(100)),
    # Two things at once: only the picture is ever read, and what we give out is encoded anew.
    "polyglot/jpeg-page": (READS, lambda: picture_then("JPEG", _PAGE)),
    "polyglot/jpeg-zip": (READS, lambda: picture_then("JPEG", archive())),
    "polyglot/jpeg-comment": (READS, lambda: jpeg_with_comment(_PAGE)),
    "polyglot/png-zip": (READS, lambda: picture_then("PNG", archive())),
    "polyglot/gif-script": (READS_OR_UNREADABLE, lambda: b"GIF89a" + b"=1;" + file_of(RGB, "GIF")[9:]),
    "polyglot/page-png": (UNSUPPORTED, lambda: _PAGE + file_of(RGB)),
    # Every way of writing a picture.
    **{f"plain/{kind}": (READS, lambda kind=kind: file_of(RGB, kind)) for kind in KINDS},
    **{
        f"animated/{kind}": (READS, lambda kind=kind: animation(kind))
        for kind in ("GIF", "WEBP", "PNG", "TIFF", "MPO", "AVIF")
    },
    "mode/cmyk-jpeg": (READS, lambda: mode("CMYK", "JPEG")),
    "mode/cmyk-tiff": (READS, lambda: mode("CMYK", "TIFF")),
    "mode/grey-alpha": (READS, lambda: mode("LA")),
    "mode/palette": (READS, lambda: mode("P")),
    "mode/palette-trns": (READS, lambda: mode("P", transparency=bytes([0, 128, 255]))),
    "mode/colour-key": (READS, lambda: mode("RGB", transparency=(255, 0, 0))),
    "mode/one-bit": (READS, lambda: mode("1")),
    "mode/lab-tiff": (READS_OR_UNREADABLE, lambda: mode("LAB", "TIFF")),
    "mode/float-tiff": (READS, lambda: mode("F", "TIFF")),
    "mode/16-bit-png": (READS, lambda: through_opencv(".png", _16_BIT)),
    "mode/16-bit-tiff": (READS, lambda: through_opencv(".tiff", _16_BIT)),
    "mode/progressive": (READS, lambda: mode("RGB", "JPEG", progressive=True)),
    "profile/srgb": (READS, lambda: with_profile(_SRGB)),
    "profile/cut-off": (READS, lambda: with_profile(_SRGB[:200])),
    "profile/noise": (READS, lambda: with_profile(NOISE.tobytes()[:5000])),
    **{
        f"exif/{kind}-{turn}": (READS, lambda kind=kind, turn=turn: turned_file(RGB, kind, turn))
        for kind in ("JPEG", "PNG", "WEBP", "TIFF", "HEIF")
        for turn in range(1, 9)
    },
    "exif/zero": (READS, lambda: exif_of(0)),
    "exif/nine": (READS, lambda: exif_of(9)),
    "exif/huge": (READS, lambda: exif_of(65_535)),
    "exif/noise": (READS, lambda: file_of(RGB, "JPEG", exif=b"Exif\0\0" + NOISE.tobytes()[:900])),
    "exif/points-outside": (
        READS,
        lambda: file_of(RGB, "JPEG", exif=b"Exif\0\0II*\0" + struct.pack("<I", 0x7FFFFFF0)),
    ),
    "exif/points-at-itself": (
        READS,
        lambda: file_of(RGB, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\x08\0\0\0"),
    ),
}

# A GIF's trailer says nothing, and neither do the last bytes of the others: those may be missed.
TRUNCATED: dict[str, Case] = {
    f"cut/{kind}-{percent}": (
        READS_OR_UNREADABLE if percent == 95 and kind in ("GIF", "TIFF") else UNREADABLE,
        lambda kind=kind, percent=percent: (data := file_of(NOISE, kind))[: len(data) * percent // 100],
    )
    for kind in KINDS
    for percent in range(5, 100, 5)
}
