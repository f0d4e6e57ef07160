"""Colours keep their look between the photo's space and sRGB."""

import io
import struct

import numpy as np
import pytest
from PIL import ImageCms

from tests.images import assert_close, gradient
from worker.imaging.colour import color_in, from_srgb, parse_color, profile_space, to_srgb

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile():
    """sRGB with its red and green primaries exchanged: a valid profile that is plainly not sRGB."""
    tags = bytearray(SRGB)
    entries = {tags[132 + 12 * i : 136 + 12 * i].decode(): 132 + 12 * i for i in range(tags_count())}
    red, green = entries["rXYZ"] + 4, entries["gXYZ"] + 4
    tags[red : red + 4], tags[green : green + 4] = tags[green : green + 4], tags[red : red + 4]
    return bytes(tags)


def tags_count():
    return struct.unpack(">I", SRGB[128:132])[0]


@pytest.mark.parametrize("icc_profile", [None, SRGB, b"broken"])
def test_nothing_is_copied_when_nothing_changes(icc_profile):
    rgb = gradient()
    assert to_srgb(rgb, icc_profile) is rgb
    assert from_srgb(rgb, icc_profile) is rgb


def test_another_space_is_converted_there_and_back():
    rgb, other = gradient(), swapped_profile()
    there = to_srgb(rgb, other)
    assert_close(there, rgb[..., [1, 0, 2]], most=2)
    assert_close(from_srgb(there, other), rgb, most=3)


def test_a_colour_of_the_specification_means_srgb():
    assert color_in("#ff0000", SRGB) == (255, 0, 0, 255)
    red, green, blue, alpha = color_in("#ff000080", swapped_profile())
    assert (red <= 2, green >= 253, blue <= 2, alpha) == (True, True, True, 128)


@pytest.mark.parametrize(
    ("text", "rgba"),
    [
        ("#fff", (255, 255, 255, 255)),
        ("#f008", (255, 0, 0, 136)),
        ("#0a0B0c", (10, 11, 12, 255)),
        ("#01020304", (1, 2, 3, 4)),
    ],
)
def test_every_way_to_write_a_colour(text, rgba):
    assert parse_color(text) == rgba


def test_the_space_of_a_profile():
    assert profile_space(SRGB) == "RGB"
    assert profile_space(None) is None
    assert profile_space(b"x" * 200) is None
    assert ImageCms.ImageCmsProfile(io.BytesIO(swapped_profile())) is not None


def test_black_and_white_stay():
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    assert_close(to_srgb(ends, swapped_profile()), ends, most=1)
