"""Header inspection: the right facts or the right error, and no pixel allocated."""

import io
import struct
import subprocess
import sys
import tracemalloc
import zlib

import pytest
from PIL import Image

from shared.errors import ImageTooLarge, TooManyMegapixels, UnreadableImage, UnsupportedFormat
from shared.picture import PictureLimits, has_more_frames, inspect, open_header
from tests.images import LIMITS, file_of, gradient, turned_file


def png_header(width, height, body=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", ihdr)
        + chunk(b"IDAT", zlib.compress(body))
        + chunk(b"IEND", b"")
    )


def gif_bomb():
    """A screen of 1 by 1, whose first frame is 65535 by 65535 and would be disposed of."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0)
    control = b"\x21\xf9\x04\x08\x00\x00\x00\x00"
    return screen + control + b"\x2c" + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x00\x3b"


def webp_bomb():
    canvas = struct.pack("<I", 16382)[:3]
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x00" * 4 + canvas + canvas
    return b"RIFF" + struct.pack("<I", len(extended) + 4) + b"WEBP" + extended


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("AVIF", "image/avif"),
        ("HEIF", "image/heic"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
        ("GIF", "image/gif"),
    ],
)
def test_every_format_is_recognised_by_its_content(kind, content_type):
    stream = io.BytesIO(file_of(gradient(), kind))
    facts = inspect(stream, LIMITS)
    assert (facts.width, facts.height, facts.content_type, facts.format) == (
        64,
        48,
        content_type,
        kind.lower(),
    )
    assert not facts.has_more_frames
    assert stream.tell() == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_is_reported_upright(kind, orientation):
    facts = inspect(io.BytesIO(turned_file(gradient(16, 32), kind, orientation)), LIMITS)
    assert (facts.width, facts.height) == ((32, 16) if orientation < 5 else (16, 32))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_further_frames_are_noticed(kind):
    first, second = Image.fromarray(gradient()), Image.fromarray(gradient()[::-1].copy())
    data = file_of(first, kind, save_all=True, append_images=[second])
    assert inspect(io.BytesIO(data), LIMITS).has_more_frames


@pytest.mark.parametrize(
    ("second", "more"),
    [
        ("Multi-Frame Image (Panorama)", True),
        ("Multi-Frame Image: (Disparity)", True),
        ("Large Thumbnail (Full HD Equivalent)", False),
        ("Undefined", False),
    ],
)
def test_a_phone_s_extra_pictures_are_no_frames(second, more):
    image = Image.fromarray(gradient())
    stream = io.BytesIO(file_of(image, "MPO", save_all=True, append_images=[image]))
    facts = inspect(stream, LIMITS)
    assert (facts.format, facts.content_type) == ("mpo", "image/jpeg")
    header = open_header(stream, LIMITS)
    header.mpinfo[0xB002][1]["Attribute"]["MPType"] = second
    assert has_more_frames(header) == more


@pytest.mark.parametrize(
    "data",
    [b"just some text, renamed .jpg", b"BMW is no bitmap, whatever it begins with", b"<svg/>", b"%PDF-1.7",
     b"8BPS\x00\x01", b"\x00\x00\x01\x00\x01\x00", b"RIFF\x00\x00\x00\x00WAVE", b"x"],
)  # fmt: skip
def test_anything_else_is_unsupported(data):
    with pytest.raises(UnsupportedFormat):
        inspect(io.BytesIO(data), LIMITS)


def test_an_empty_file_is_unreadable():
    with pytest.raises(UnreadableImage):
        inspect(io.BytesIO(b""), LIMITS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "BMP", "GIF"])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_file_cut_off_anywhere_gives_facts_or_unreadable(kind):
    data = file_of(gradient(), kind)
    for end in range(16, len(data), max(1, len(data) // 40)):
        try:
            inspect(io.BytesIO(data[:end]), LIMITS)
        except (UnreadableImage, UnsupportedFormat):
            continue


def test_too_many_bytes_are_refused_before_anything_else():
    with pytest.raises(ImageTooLarge):
        inspect(io.BytesIO(b"x" * 101), PictureLimits(100, 1, 100))


@pytest.mark.parametrize("size", [(0, 4), (4, 0), (0, 0)])
def test_a_picture_without_pixels_is_unreadable(size):
    with pytest.raises(UnreadableImage):
        inspect(io.BytesIO(png_header(*size)), LIMITS)


@pytest.mark.parametrize(
    "data",
    [
        png_header(9_000, 9_000),
        png_header(16_000, 16_000),
        png_header(60_000, 60_000),
        gif_bomb(),
        webp_bomb(),
    ],
    ids=["twice the limit", "five times", "seventy times", "gif", "webp"],
)
def test_a_bomb_is_refused_without_allocating_it(data):
    tracemalloc.start()
    try:
        with pytest.raises((TooManyMegapixels, UnreadableImage)):
            inspect(io.BytesIO(data), LIMITS)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_bomb_does_not_raise_the_peak_of_a_fresh_process():
    program = (
        "import io, sys, resource\n"
        "from shared.picture import PictureLimits, inspect\n"
        "from shared.errors import AppError\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "for data in eval(sys.stdin.read()):\n"
        "    try: inspect(io.BytesIO(data), PictureLimits(25_000_000, 50, 16_384))\n"
        "    except AppError: continue\n"
        "assert peak() - before < 20_000, peak() - before\n"
        "assert 'numpy' not in sys.modules\n"
    )
    bombs = repr([png_header(9_000, 9_000), png_header(60_000, 60_000), gif_bomb(), webp_bomb()])
    subprocess.run([sys.executable, "-c", program], input=bombs, text=True, check=True, timeout=30)


@pytest.mark.parametrize(("size", "allowed"), [((100, 10), True), ((101, 10), False), ((50, 21), False)])
def test_side_and_area_are_limits_of_their_own(size, allowed):
    limits = PictureLimits(max_bytes=10_000, max_megapixels=0.001, max_side_px=100)
    stream = io.BytesIO(png_header(*size))
    if allowed:
        assert inspect(stream, limits).width == size[0]
    else:
        with pytest.raises(TooManyMegapixels):
            inspect(stream, limits)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_broken_exif_is_ignored():
    data = file_of(gradient(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7fgarbage")
    assert inspect(io.BytesIO(data), LIMITS).width == 64
