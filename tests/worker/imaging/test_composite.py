"""Straight alpha: laying under, growing, resizing, cropping, blurring."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.images import assert_close, cutout, disc, gradient, strands
from worker.imaging.blur import gaussian
from worker.imaging.composite import flatten, grow, plain, under
from worker.imaging.crop import crop, subject_box
from worker.imaging.resize import cover, resize
from worker.imaging.types import Cutout

BYTE = st.integers(0, 255)
COLOR = st.tuples(BYTE, BYTE, BYTE)


def one_pixel(color, alpha):
    return Cutout.of(np.array([[color]], np.uint8), np.array([[alpha]], np.uint8))


@settings(deadline=None)
@given(upper=COLOR, alpha=BYTE, lower=COLOR, coverage=BYTE)
def test_under_is_porter_duff_in_straight_alpha(upper, alpha, lower, coverage):
    result = under(one_pixel(upper, alpha), plain(lower, 1, 1), coverage)
    a, b = alpha / 255, coverage / 255
    total = a + b * (1 - a)
    assert abs(int(result.alpha[0, 0]) - total * 255) <= 0.51
    if total > 0:
        expected = (np.array(upper) * a + np.array(lower) * b * (1 - a)) / total
        assert np.abs(result.rgb[0, 0] - expected).max() <= 0.51


def test_under_leaves_the_input_and_what_is_opaque_alone():
    subject = cutout()
    before = subject.rgb.copy(), subject.alpha.copy()
    result = under(subject, plain((9, 9, 9), 48, 64), 77)
    assert_close(subject.rgb, before[0])
    assert_close(subject.alpha, before[1])
    opaque = subject.alpha == 255
    assert_close(result.rgb[opaque], subject.rgb[opaque])


def test_under_lays_a_small_layer_in_its_place():
    empty = Cutout.of(np.zeros((6, 8, 3), np.uint8), np.zeros((6, 8), np.uint8))
    result = under(empty, plain((1, 2, 3), 2, 3), 255, at=(4, 1))
    assert subject_box(result.alpha) == (4, 1, 3, 2)
    assert tuple(result.rgb[1, 4]) == (1, 2, 3)


def test_flattening_gives_the_colour_where_nothing_is():
    assert tuple(flatten(cutout(), (1, 2, 3))[0, 0]) == (1, 2, 3)


@given(borders=st.tuples(*[st.integers(-5, 9)] * 4))
def test_growing_and_cutting_back_is_nothing(borders):
    subject = cutout()
    outward = tuple(max(0, border) for border in borders)
    grown = grow(subject, *outward)
    left, top, right, bottom = outward
    assert grown.alpha.shape == (48 + top + bottom, 64 + left + right)
    assert grown.frame == (left, top, 64, 48)
    back = grow(grown, *(-border for border in outward))
    assert_close(back.rgb, subject.rgb)
    assert back.frame == subject.frame


def test_the_subject_s_box():
    assert subject_box(disc(48, 64, 10, (20, 30))) == (10, 20, 21, 21)
    assert subject_box(np.zeros((5, 5), np.uint8)) is None
    assert subject_box(np.full((5, 7), 255, np.uint8)) == (0, 0, 7, 5)
    assert subject_box(np.full((5, 7), 3, np.uint8)) is None  # a network's haze
    assert subject_box(np.full((5, 7), 3, np.uint8), faintest=1) == (0, 0, 7, 5)


@settings(deadline=None)
@given(x=st.integers(12, 50), y=st.integers(12, 34), margin=st.floats(0, 50))
def test_a_crop_leaves_the_margin_on_every_side(x, y, margin):
    subject = cutout(48, 64, 8.0, (x, y))
    cropped = crop(subject, margin)
    border = round(17 * margin / 100)
    assert cropped.alpha.shape == (17 + 2 * border, 17 + 2 * border)
    assert subject_box(cropped.alpha) == (border, border, 17, 17)
    left, top, width, height = cropped.frame
    assert (width, height) == (64, 48)
    # The frame still says where the photo lies: the disc's centre is at the same place of it.
    assert (x - 8 + left, y - 8 + top) == (border, border)


def test_cropping_nothing_changes_nothing():
    empty = Cutout.of(gradient(), np.zeros((48, 64), np.uint8))
    assert crop(empty, 10) is empty


def test_resizing_does_not_mix_in_hidden_colours():
    alpha = strands()
    rgb = np.where(alpha[..., None] > 0, np.uint8(200), np.uint8(0)) * np.ones(3, np.uint8)
    for width, height in ((40, 30), (150, 200)):
        small = resize(Cutout.of(rgb, alpha), width, height)
        assert small.alpha.shape == (height, width)
        assert small.frame == (0, 0, width, height)
        assert np.abs(small.rgb[small.alpha > 8].astype(int) - 200).max() <= 1


def test_resizing_to_the_same_size_is_nothing():
    subject = cutout()
    assert resize(subject, 64, 48) is subject


def test_resizing_keeps_what_is_opaque_opaque_and_empty_empty():
    full = Cutout.of(gradient(), np.full((48, 64), 255, np.uint8))
    assert resize(full, 31, 17).alpha.min() == 255
    empty = Cutout.of(gradient(), np.zeros((48, 64), np.uint8))
    assert resize(empty, 31, 17).alpha.max() == 0


@settings(deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 90), st.integers(1, 90))
def test_cover_fills_any_canvas(have_width, have_height, width, height):
    assert cover(gradient(have_height, have_width), width, height).shape == (height, width, 3)


def test_cover_keeps_the_middle():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    assert cover(wide, 20, 20).min() == 255


@pytest.mark.parametrize("sigma", [1.0, 7.9, 8.1, 20.0, 33.3])
def test_a_wide_blur_equals_the_direct_one(sigma):
    picture = cv2.resize(disc(), (320, 240), interpolation=cv2.INTER_LINEAR)
    direct = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    assert_close(gaussian(picture, sigma), direct, most=3.5, mean=1.0)


def test_no_blur_is_no_change():
    picture = disc()
    assert gaussian(picture, 0.0) is picture


@pytest.mark.parametrize("sigma", [0.5, 5.0, 25.0])
def test_a_flat_picture_stays_flat(sigma):
    assert_close(gaussian(np.full((40, 50), 137, np.uint8), sigma), np.full((40, 50), 137))
