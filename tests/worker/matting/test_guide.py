"""The photo at a matte's size."""

import numpy as np
import pytest

from tests.images import assert_close, gradient
from worker.matting.guide import shrunk, softened


@pytest.mark.parametrize("shape", [(64, 64), (60, 33), (1, 1), (300, 500), (37, 512)])
def test_a_plain_photo_stays_plain(shape):
    photo = np.full((120, 257, 3), 77, np.uint8)

    assert np.array_equal(softened(shrunk(photo, shape), photo), np.full((*shape, 3), 77, np.uint8))


@pytest.mark.parametrize("shape", [(32, 64), (32, 16), (8, 64)])
def test_whole_factors_are_averaged_whichever_side_they_are_of(shape):
    photo = np.random.default_rng(1).integers(0, 256, (64, 128, 3), np.uint8)
    down, across = 64 // shape[0], 128 // shape[1]
    means = photo.reshape(shape[0], down, shape[1], across, 3).mean(axis=(1, 3))

    assert_close(shrunk(photo, shape), means, most=2.1)


def test_a_guide_is_softer_than_the_photo_and_shows_the_same_place():
    photo = gradient(400, 400) // 2
    photo[:, 200:] += 100
    small = shrunk(photo, (100, 100)).astype(int)
    guide = softened(small.astype(np.uint8), photo).astype(int)

    step = [np.diff(picture[:, 48:52, 0]).max() for picture in (guide, small)]
    assert step[0] < step[1] - 5
    assert_close(guide[:, 5:45], small[:, 5:45], most=2)
