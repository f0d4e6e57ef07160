"""The photo at a matte's size."""

import numpy as np
import pytest

from tests.images import assert_close, gradient
from worker.matting.guide import Guide, shrunk

EVERYWHERE = np.s_[0:100, 0:100]


@pytest.mark.parametrize("shape", [(64, 64), (60, 33), (1, 1), (300, 500), (37, 512)])
def test_a_plain_photo_stays_plain(shape):
    photo = np.full((120, 257, 3), 77, np.uint8)

    guide = Guide.of(shrunk(photo, shape), photo).within((slice(0, shape[0]), slice(0, shape[1])))
    assert_close(guide, np.full((*shape, 3), 77 / 255), most=1e-6)


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
    guide = 255 * Guide.of(small.astype(np.uint8), photo).within(EVERYWHERE)

    step = [np.diff(picture[:, 48:52, 0]).max() for picture in (guide, small)]
    assert step[0] < step[1] - 5
    assert_close(guide[:, 5:45], small[:, 5:45], most=2)


@pytest.mark.parametrize(
    "box", [np.s_[0:7, 0:9], np.s_[30:41, 50:100], np.s_[99:100, 0:100], np.s_[1:99, 2:98]]
)
def test_a_part_of_a_guide_is_what_the_whole_shows_there(box):
    photo = np.random.default_rng(2).integers(0, 256, (400, 300, 3), np.uint8)
    guide = Guide.of(shrunk(photo, (100, 100)), photo)
    assert np.array_equal(guide.within(box), guide.within(EVERYWHERE)[box])
