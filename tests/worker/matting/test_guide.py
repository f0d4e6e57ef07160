"""The photo as the guide of the matte's edges."""

import numpy as np
import pytest

from tests.images import assert_close, gradient
from worker.imaging.resize import shrunk
from worker.matting.guide import softened


@pytest.mark.parametrize("shape", [(64, 64), (60, 33), (1, 1), (300, 500), (37, 512)])
def test_a_plain_photo_stays_plain(shape):
    photo = np.full((120, 257, 3), 77, np.uint8)
    height, width = shape

    assert np.array_equal(softened(shrunk(photo, width, height), photo), np.full((*shape, 3), 77))


def test_a_guide_is_softer_than_the_photo_and_shows_the_same_place():
    photo = gradient(400, 400) // 2
    photo[:, 200:] += 100
    small = shrunk(photo, 100, 100)
    guide = softened(small, photo).astype(int)

    step = [np.diff(picture[:, 48:52, 0]).max() for picture in (guide, small.astype(int))]
    assert step[0] < step[1] - 5
    assert_close(guide[:, 5:45], small[:, 5:45], most=2)
