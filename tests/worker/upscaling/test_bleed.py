import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.upscaling.bleed import bleed


def _picture(height, width, seed):
    random = np.random.default_rng(seed)
    alpha = random.choice(np.array([0, 0, 0, 1, 128, 255], np.uint8), (height, width))
    return random.integers(0, 256, (height, width, 3), np.uint8), alpha


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000))
def test_visible_colours_stay_and_hidden_ones_have_no_influence(height, width, seed):
    rgb, alpha = _picture(height, width, seed)
    other = rgb.copy()
    other[alpha == 0] = 255 - other[alpha == 0]
    bled = bleed(rgb, alpha)
    np.testing.assert_array_equal(bled[alpha > 0], rgb[alpha > 0])
    np.testing.assert_array_equal(bled, bleed(other, alpha))


def test_one_colour_spreads_over_everything_hidden():
    alpha = np.zeros((37, 53), np.uint8)
    alpha[10:20, 5:9] = 255
    rgb = np.where(alpha[..., None] > 0, np.array([200, 30, 90], np.uint8), np.uint8(7))
    assert np.abs(bleed(rgb, alpha).astype(int) - [200, 30, 90]).max() <= 1


def test_an_opaque_picture_is_given_back_and_an_empty_one_is_black():
    rgb = np.full((4, 6, 3), 77, np.uint8)
    np.testing.assert_array_equal(bleed(rgb, np.full((4, 6), 255, np.uint8)), rgb)
    assert not bleed(rgb, np.zeros((4, 6), np.uint8)).any()
