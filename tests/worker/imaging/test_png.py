"""Our own writer of PNG, read by others."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageCms

from worker.imaging import png
from worker.imaging.picture import Picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def write_png(pixels, *tags):
    return png.write_png(Picture.of(pixels), *tags)


def read(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def chunks(data):
    """(kind, content) of each, whose sums must be right."""
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        content = bytes(data[at + 8 : at + 8 + length])
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + content)
        yield kind, content
        at += 12 + length


def pictures(dtype):
    sides = st.integers(1, 40)
    shapes = st.one_of(
        st.tuples(sides, sides), st.tuples(sides, sides, st.just(3)), st.tuples(sides, sides, st.just(4))
    )
    return shapes.flatmap(lambda shape: arrays.arrays(dtype, shape))


@pytest.mark.parametrize("band_bytes", [1, 100, png._BAND_BYTES])
@given(pixels=st.one_of(pictures(np.uint8), pictures(np.uint16)))
def test_what_is_read_is_what_was_written(band_bytes, pixels):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(png, "_BAND_BYTES", band_bytes)
        data = write_png(pixels)
    assert np.array_equal(read(data), pixels)
    assert read(data).dtype == pixels.dtype


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1, 4), (700, 900, 4), (1200, 500, 3)])
def test_sizes_of_one_band_and_of_many(shape):
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    assert np.array_equal(read(write_png(pixels)), pixels)


def test_pillow_reads_it_in_the_right_order():
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[..., 0], pixels[..., 2], pixels[..., 3] = 10, 200, 77  # blue, red, alpha
    image = Image.open(io.BytesIO(write_png(pixels)))
    image.load()
    assert (image.format, image.mode, image.getpixel((2, 1))) == ("PNG", "RGBA", (200, 0, 10, 77))


def test_an_array_that_is_a_view_is_written_as_it_looks():
    alpha = np.arange(600, dtype=np.uint8).reshape(20, 30)
    assert np.array_equal(read(write_png(alpha[::2, ::-3])), alpha[::2, ::-3])


def test_profile_and_exif_go_along():
    exif = Image.Exif()
    exif[0x0112] = 3
    tiff = exif.tobytes().removeprefix(b"Exif\0\0")
    image = Image.open(io.BytesIO(write_png(np.zeros((2, 2, 3), np.uint8), SRGB, tiff)))
    assert image.info["icc_profile"] == SRGB
    assert image.getexif()[0x0112] == 3


def test_every_chunk_is_whole_and_in_order():
    data = write_png(np.zeros((5, 7, 4), np.uint8), SRGB, b"MM\0*\0\0\0\x08\0\0\0\0\0\0")
    assert bytes(data[:8]) == b"\x89PNG\r\n\x1a\n"
    kinds, contents = zip(*chunks(data), strict=True)
    assert kinds == (b"IHDR", b"iCCP", b"eXIf", b"IDAT", b"IEND")
    assert struct.unpack(">IIBBBBB", contents[0]) == (7, 5, 8, 6, 0, 0, 0)
    assert len(zlib.decompress(contents[3])) == 5 * (1 + 7 * 4)


def test_the_same_pixels_give_the_same_file():
    pixels = np.random.default_rng(2).integers(0, 256, (300, 400, 4), np.uint8)
    assert bytes(write_png(pixels)) == bytes(write_png(pixels.copy()))
