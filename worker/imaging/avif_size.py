"""How large the frames coded in an AVIF are, whatever its header says.

libavif checks the size of `ispe`, decodes frames of any size up to 16384 × 16384, and then scales: 3 kB that claim
64 × 48 took a gigabyte. Pillow passes no limit on, so the frames' own headers are read here: AV1 specification,
5.5.1, in the items of ISO/IEC 23008-12 or the first sample of a track of ISO/IEC 14496-12.
"""

import struct
from collections.abc import Iterator

_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_SEQUENCE_HEADER = 1
_MOST_EXTENTS = 4096
"""They may take no bytes at all, so the file's length is no bound; a grid has 256 tiles at most."""


def coded_pixels(data: bytes) -> list[int]:
    """Pixels of the largest frame of each picture in the file: of the photo, its tiles, its alpha, its thumbnail.

    Raises ValueError, LookupError or struct.error for a file that is broken.
    """
    found, left = [], len(data)
    for stream in _streams(memoryview(data)):
        left -= len(stream)
        if left < 0:  # they overlap: a small file could make us read for hours
            raise ValueError("more in it than there is of it")
        found.append(max(_sizes(stream), default=0))
    return found


def _streams(data: memoryview) -> Iterator[memoryview]:
    """The AV1 streams: the parts of items, joined, and what each track begins with."""
    offset = size = None
    for name, body in _boxes(data):
        match name:
            case b"meta":
                yield from _items(data, body[4:])
            case b"stsz":
                size = _first(body, 4) or _first(body, 12)
            case b"stco" | b"co64":
                offset = _first(body, 8, 4 if name == b"stco" else 8)
        if offset is not None and size is not None:
            yield data[offset : offset + size]
            offset = size = None


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Name and content of every box, those inside of others too."""
    place = 0
    while place + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        start = place + 8
        if size == 1:
            size, start = struct.unpack_from(">Q", data, start)[0], start + 8
        end = len(data) if size == 0 else place + size
        if end < start:
            raise ValueError("a box ends before it begins")
        body = data[start:end]
        yield name, body
        if name in _CONTAINERS:
            yield from _boxes(body)
        place = end


def _first(body: memoryview, place: int, width: int = 4) -> int:
    return int.from_bytes(body[place : place + width])


def _items(data: memoryview, meta: memoryview) -> Iterator[memoryview]:
    """The bytes of every item of a `meta` box, wherever its parts lie."""
    boxes = dict(_boxes(meta))
    within = boxes.get(b"idat", meta[:0])
    reader = _Bits(boxes[b"iloc"])
    version = reader.take(32) >> 24
    offset_bits, length_bits, base_bits, index_bits = (8 * reader.take(4) for _ in range(4))
    extents = 0
    for _ in range(reader.take(32 if version == 2 else 16)):
        reader.take(32 if version == 2 else 16)
        method = reader.take(16) & 15 if version else 0
        reader.take(16)
        base = reader.take(base_bits)
        parts, left, count = [], len(data), reader.take(16)
        extents += count
        if extents > _MOST_EXTENTS:
            raise ValueError("too many parts")
        for _ in range(count):
            reader.take(index_bits if version else 0)
            start, length = base + reader.take(offset_bits), reader.take(length_bits)
            source = within if method == 1 else data
            parts.append(source[start : start + length] if length else source[start:])
            left -= len(parts[-1])
            if left < 0:
                raise ValueError("an item has more bytes than the file")
        yield memoryview(b"".join(parts))


def _sizes(stream: memoryview) -> Iterator[int]:
    """Of each sequence header in a stream; ends where the stream is no AV1 (any more)."""
    place = 0
    while place < len(stream):
        head = stream[place]
        if head & 0x81:  # both bits are zero in AV1: this is EXIF, or text
            return
        place += 2 if head & 4 else 1
        size = len(stream) - place
        if head & 2:
            size, place = _leb128(stream, place)
        if head >> 3 == _SEQUENCE_HEADER:
            yield _frame_pixels(_Bits(stream[place : place + size]))
        place += size


def _leb128(stream: memoryview, place: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = 0
    for count in range(8):
        byte = stream[place + count]
        value |= (byte & 127) << 7 * count
        if byte < 128:
            return value, place + count + 1
    raise ValueError("a number does not end")


class _Bits:
    """Numbers of so many bits each, from the front."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._place = 0

    def take(self, bits: int) -> int:
        first, last = self._place // 8, (self._place + bits + 7) // 8
        if last > len(self._data):
            raise ValueError("cut off")
        self._place += bits
        return int.from_bytes(self._data[first:last]) >> (8 * last - self._place) & ((1 << bits) - 1)


def _frame_pixels(bits: _Bits) -> int:
    """`max_frame_width` × `max_frame_height` of a sequence header: no frame may be larger."""
    bits.take(4)
    if bits.take(1):  # reduced_still_picture_header
        bits.take(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return (bits.take(width_bits) + 1) * (bits.take(height_bits) + 1)


def _skip_operating_points(bits: _Bits) -> None:
    delay_bits = 0
    if bits.take(1):  # timing_info
        bits.take(64)
        if bits.take(1):
            _skip_uvlc(bits)
        if bits.take(1):  # decoder_model_info
            delay_bits = bits.take(5) + 1
            bits.take(42)
    has_display_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_display_delay and bits.take(1):
            bits.take(4)


def _skip_uvlc(bits: _Bits) -> None:
    zeros = 0
    while not bits.take(1):
        zeros += 1
    bits.take(zeros if zeros < 32 else 0)
