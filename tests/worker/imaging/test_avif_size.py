"""How large an AVIF's frames are is read from the frames, not from what stands before them."""

import struct

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.images import disc, file_of, gradient
from worker.imaging.avif_size import coded_pixels

RGB = gradient()
AREA = RGB.shape[0] * RGB.shape[1]


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4", "4:0:0"])
@pytest.mark.parametrize("quality", [1, 75, 100])
def test_one_picture_is_one_frame(subsampling, quality):
    assert coded_pixels(file_of(RGB, "AVIF", subsampling=subsampling, quality=quality)) == [AREA]


def test_alpha_is_a_picture_of_its_own():
    assert coded_pixels(file_of(np.dstack([RGB, disc()]), "AVIF")) == [AREA, AREA]


def test_notes_hold_no_frame():
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "a gradient"
    assert coded_pixels(file_of(RGB, "AVIF", exif=exif)) == [AREA, 0]


def test_an_animation_is_looked_at_in_both_its_forms():
    frames = [Image.new("RGB", (16, 8), colour) for colour in ("red", "green")]
    found = coded_pixels(file_of(frames[0], "AVIF", save_all=True, append_images=frames[1:]))
    assert len(found) >= 1
    assert set(found) == {16 * 8}


def test_the_header_has_no_say():
    data = bytearray(file_of(RGB, "AVIF"))
    place = data.index(b"ispe") + 8
    data[place : place + 8] = struct.pack(">II", 2, 2)
    assert coded_pixels(bytes(data)) == [AREA]


def test_a_cut_file_is_refused_or_read_but_breaks_nothing():
    data = file_of(np.dstack([RGB, disc()]), "AVIF")
    for length in range(len(data)):
        try:
            coded_pixels(data[:length])
        except (ValueError, LookupError, struct.error):
            continue


def test_items_that_share_their_bytes_are_refused():
    """Each of 65535 items may name the whole file: hours of reading."""
    item = struct.pack(">HHH", 1, 0, 1) + struct.pack(">II", 0, 0)
    iloc = struct.pack(">IHH", 0, 0x4400, 3) + 3 * item
    body = bytes(4) + struct.pack(">I4s", 8 + len(iloc), b"iloc") + iloc
    with pytest.raises(ValueError, match="more in it"):
        coded_pixels(struct.pack(">I4s", 8 + len(body), b"meta") + body)
