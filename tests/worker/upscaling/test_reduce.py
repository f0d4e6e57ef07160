import cv2
import numpy as np
import pytest

from worker.upscaling.reduce import reduce


def _random(height, width):
    random = np.random.default_rng(3)
    return random.integers(0, 256, (height, width, 3), np.uint8), random.integers(
        0, 256, (height, width), np.uint8
    )


@pytest.mark.parametrize("size", [(60, 45), (100, 70), (133, 101), (149, 119), (1, 1)])
def test_strips_equal_the_area_filter_on_the_whole_premultiplied_picture(size):
    rgb, alpha = _random(150, 120)
    small_rgb, small_alpha = reduce(rgb, alpha, *size)
    whole = np.dstack((rgb * (alpha[..., None] / 255.0), alpha)).astype(np.float32)
    expected = cv2.resize(whole, size[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small_alpha - expected[..., 3]).max() <= 0.51
    straight = expected[..., :3] * 255 / np.maximum(expected[..., 3:], 1e-3)
    assert np.abs(small_rgb - straight)[small_alpha > 8].max() <= 0.6


def test_colours_under_transparent_pixels_do_not_leak():
    rgb, alpha = np.full((40, 40, 3), 255, np.uint8), np.zeros((40, 40), np.uint8)
    rgb[:, :17], alpha[:, :17] = 10, 255
    small_rgb, small_alpha = reduce(rgb, alpha, 15, 15)
    assert (small_rgb[small_alpha > 0] == 10).all()
    assert (small_rgb[small_alpha == 0] == 0).all()


def test_opaque_stays_exactly_opaque_and_the_same_size_is_untouched():
    rgb, _ = _random(101, 97)
    opaque = np.full((101, 97), 255, np.uint8)
    assert (reduce(rgb, opaque, 68, 65)[1] == 255).all()
    assert reduce(rgb, opaque, 101, 97)[0] is rgb
