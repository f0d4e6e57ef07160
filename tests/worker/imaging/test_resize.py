"""Shrinking by twos and a rest."""

import cv2
import numpy as np
import pytest

from tests.images import assert_close, gradient
from worker.imaging.resize import shrunk


@pytest.mark.parametrize("shape", [(32, 64), (32, 16), (8, 64), (64, 32)])
def test_whole_factors_are_averaged_whichever_side_they_are_of(shape):
    photo = np.random.default_rng(1).integers(0, 256, (64, 128, 3), np.uint8)
    height, width = shape
    down, across = 64 // height, 128 // width
    means = photo.reshape(height, down, width, across, 3).mean(axis=(1, 3))

    assert_close(shrunk(photo, width, height), means, most=2.1)


@pytest.mark.parametrize("size", [(100, 100), (128, 96), (77, 191)])
def test_every_pixel_counts(size):
    """No detail falls between the pixels that are looked at: a line leaves its share, by where it lies."""
    for across in range(200, 212):
        photo = np.zeros((300, 401), np.uint8)
        photo[:, across] = 240
        share = shrunk(photo, *size).mean() / photo.mean()
        assert 0.4 < share < 1.7


def test_what_is_shrunk_lies_in_the_same_place():
    photo = gradient(501, 333)
    assert_close(shrunk(photo, 120, 140), cv2.resize(photo, (120, 140), interpolation=cv2.INTER_AREA), most=2)
