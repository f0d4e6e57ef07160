"""Writes PNG: the `up` filter, and deflate by ISA-L, which libpng cannot be told to use.

Measured on cut-outs of 2 MP (and 12 MP), one core: OpenCV 51 ms, 1.60 MB (271 ms); this 14 ms, 1.53 MB (70 ms).
The file is as the specification has it (W3C, Portable Network Graphics, third edition), one IDAT chunk. Written again
it may differ in a few bytes that say the same: once in some thousand times ISA-L finds another match of equal length.
libdeflate, which does not, takes 2.4 times as long at level 1 for files 4 % smaller; zlib-ng 1.6 times, 41 % larger.
"""

import struct
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from worker.imaging.picture import Picture
from worker.imaging.types import Pixels

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""Grey, RGB and RGBA, by their channels."""
_TO_RGB = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
_UP = 2
_LEVEL = 1
_BAND_BYTES = 1 << 19
"""Made, filtered and compressed piece by piece, each small enough for the processor's cache."""


def write_png(picture: Picture, icc_profile: bytes | None = None, exif: bytes | None = None) -> memoryview:
    """A picture as a file; `exif` as TIFF, without a format's own prefix."""
    height, width, *channels = picture.shape
    depth = 8 * picture.band(slice(1)).itemsize
    colour_type = _COLOUR_TYPES[channels[0] if channels else 1]
    file = bytearray(_SIGNATURE)
    _append(file, b"IHDR", [struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)])
    if icc_profile:
        _append(file, b"iCCP", [b"ICC profile\0\0", isal_zlib.compress(icc_profile)])
    if exif:
        _append(file, b"eXIf", [exif])
    _append(file, b"IDAT", _compressed(picture))
    _append(file, b"IEND", [])
    return memoryview(file)


def _append(file: bytearray, kind: bytes, parts: Iterable[bytes]) -> None:
    start = len(file)
    file += bytes(4) + kind
    for part in parts:
        file += part
    struct.pack_into(">I", file, start, len(file) - start - 8)
    with memoryview(file) as whole, whole[start + 4 :] as chunk:
        checksum = isal_zlib.crc32(chunk)
    file += struct.pack(">I", checksum)


def _compressed(picture: Picture) -> Iterator[bytes]:
    stream = isal_zlib.compressobj(_LEVEL)
    for band in _filtered(picture):
        yield stream.compress(band)
    yield stream.flush()


def _filtered(picture: Picture) -> Iterator[NDArray[np.uint8]]:
    """The rows in the file's order, each byte less the one above it, behind the filter's number; band by band."""
    above: NDArray[np.uint8] | None = None
    for band in picture.bands(_BAND_BYTES):
        rows = _bytes(band)
        filtered = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
        filtered[:, 0] = _UP
        filtered[0, 1:] = rows[0] if above is None else rows[0] - above
        np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
        above = rows[-1]
        yield filtered


def _bytes(band: Pixels) -> NDArray[np.uint8]:
    """(rows, bytes): red first, and the high byte first."""
    ordered = cv2.cvtColor(band, _TO_RGB[band.shape[2]]) if band.ndim == 3 else np.ascontiguousarray(band)
    if ordered.dtype == np.uint16:
        ordered = ordered.byteswap()
    return ordered.reshape(len(band), -1).view(np.uint8)
