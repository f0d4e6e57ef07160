"""Pillow's modes become RGB strip by strip."""

import tracemalloc

import numpy as np
import pytest
from PIL import Image

from tests import profiles
from worker.imaging.modes import split


def _peak_bytes(image):
    tracemalloc.start()
    split(image)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("mode", ["F", "I", "I;16", "CMYK"])
def test_no_mode_is_converted_in_one_piece(mode):
    if mode == "CMYK":
        image = Image.new("CMYK", (500, 8000), (9, 90, 200, 30))
        image.info["icc_profile"] = profiles.cmyk_of_black_ink_only()
    else:
        image = Image.fromarray(np.zeros((8000, 500), {"F": "f4", "I": "i4", "I;16": "u2"}[mode]))

    assert _peak_bytes(image) < 6 * 500 * 8000, "three bytes a pixel are the result"


@pytest.mark.parametrize("mode", ["F", "I"])
def test_all_strips_share_one_scale(mode):
    numbers = np.zeros((1100, 8), {"F": np.float32, "I": np.int32}[mode])
    numbers[0], numbers[-1] = 1000, 65535

    rgb, _, _ = split(Image.fromarray(numbers))

    assert (rgb[0, 0, 0], rgb[-1, 0, 0]) == (4, 255)
