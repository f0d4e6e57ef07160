"""Work at full size on soft pixels only."""

import numpy as np
import pytest

from tests.images import assert_close, disc, gradient
from worker.matting.soft_pixels import soft_pixels


def test_every_soft_pixel_is_visited_once():
    alpha = disc(700, 900, 200.0)
    visits = np.zeros_like(alpha)
    for soft in soft_pixels(alpha):
        soft.write(visits, soft.of(visits) + np.uint8(1))

    assert np.array_equal(visits, ((alpha > 0) & (alpha < 255)).astype(np.uint8))


def test_colours_are_read_and_written_where_they_belong():
    alpha, picture = np.full((40, 60), 9, np.uint8), gradient(40, 60)
    copy = np.zeros_like(picture)
    for soft in soft_pixels(alpha):
        soft.write(copy, soft.of(picture))

    assert np.array_equal(copy, picture)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_a_smaller_picture_is_looked_up_in_the_same_place(factor):
    alpha, small = np.full((60, 90), 9, np.uint8), gradient(60 // factor, 90 // factor).astype(np.float32)
    (soft,) = soft_pixels(alpha)

    expected = np.repeat(np.repeat(small, factor, 0), factor, 1)
    step = np.abs(np.diff(small, axis=1)).max() + np.abs(np.diff(small, axis=0)).max()
    assert_close(soft.sampled(small).reshape(60, 90, 3), expected, most=step / 2 + 0.01)


def test_rows_are_looked_at_apart_with_rows_of_the_smaller_picture():
    alpha, small = np.full((60, 90), 9, np.uint8), gradient(20, 30).astype(np.float32)
    (whole,) = soft_pixels(alpha)
    (some,) = soft_pixels(alpha, within=slice(18, 36))

    assert some.rows == slice(18, 36)
    found = some.sampled(np.ascontiguousarray(small[5:13]), slice(5, 13), 20)
    assert_close(found, whole.sampled(small)[18 * 90 : 36 * 90], most=0.01)
