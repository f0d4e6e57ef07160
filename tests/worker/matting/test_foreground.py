"""Colours of the subject alone."""

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.images import assert_close, gradient, strands
from worker.matting import foreground
from worker.matting.foreground import estimate_foreground


@pytest.fixture
def blend():
    """An orange subject before blue, with a soft edge: the photo, its alpha, the true colour."""
    alpha = np.clip((np.mgrid[:200, :300][1] - 145) / 12, 0, 1)
    subject, behind = np.array([230, 120, 20]), np.array([10, 40, 200])
    photo = alpha[..., None] * subject + (1 - alpha[..., None]) * behind
    return photo.astype(np.uint8), (alpha * 255).astype(np.uint8), subject


def test_the_background_no_longer_shows_in_the_soft_edge(blend):
    photo, alpha, subject = blend
    band = (alpha > 40) & (alpha < 255)

    before = np.abs(photo[band].astype(int) - subject).mean()
    after = np.abs(estimate_foreground(photo, alpha)[band].astype(int) - subject).mean()

    assert after < 0.25 * before


def test_only_soft_pixels_change(blend):
    photo, alpha, _ = blend
    flat = (alpha == 0) | (alpha == 255)

    assert np.array_equal(estimate_foreground(photo, alpha)[flat], photo[flat])


@pytest.mark.parametrize("axis", [0, 1])
def test_a_mirrored_photo_gives_the_mirrored_colours(axis):
    alpha, photo = cv2.resize(strands(), (256, 256)), gradient(256, 256)

    straight = estimate_foreground(photo, alpha)
    mirrored = estimate_foreground(np.flip(photo, axis), np.flip(alpha, axis))

    assert_close(np.flip(mirrored, axis), straight, most=2, mean=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (3, 16000)])
def test_extreme_shapes_come_out(shape):
    photo = np.full((*shape, 3), 90, np.uint8)

    assert np.array_equal(estimate_foreground(photo, np.full(shape, 128, np.uint8)), photo)


def test_a_large_photo_takes_little_memory_beside_its_result():
    alpha = cv2.resize(strands(), (1500, 1500))
    photo = gradient(1500, 1500)
    tracemalloc.start()
    estimate_foreground(photo, alpha)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 12 * alpha.size


@pytest.mark.parametrize("value", [0, 255])
def test_a_flat_matte_changes_nothing(value, blend):
    photo, alpha, _ = blend

    assert np.array_equal(estimate_foreground(photo, np.full_like(alpha, value)), photo)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.data())
def test_any_picture_and_matte_give_a_picture(height, width, data):
    rgb = data.draw(arrays(np.uint8, (height, width, 3)))
    alpha = data.draw(arrays(np.uint8, (height, width)))

    estimated = estimate_foreground(rgb, alpha)

    assert estimated.shape == rgb.shape
    assert estimated.dtype == np.uint8


def test_a_pixel_moves_to_the_nearest_pair_of_colours_that_mixes_to_it():
    random = np.random.default_rng(3)
    photo = random.integers(0, 256, (2000, 3), np.uint8)
    subject, background = random.uniform(0, 255, (2, 2000, 3)).astype(np.float32)
    alpha = random.integers(1, 255, 2000, np.uint8)

    a = alpha[:, None] / 255
    missing = photo - a * subject - (1 - a) * background
    nearest = subject + a * missing / (a**2 + (1 - a) ** 2)

    assert_close(foreground._unmixed(photo, subject, background, alpha), np.clip(nearest, 0, 255), most=0.51)


def test_what_is_nearly_opaque_is_left_as_it_is_and_is_right_within_two_levels():
    random = np.random.default_rng(4)
    photo = random.integers(0, 256, (2000, 3), np.uint8)
    subject, background = random.uniform(0, 255, (2, 2000, 3)).astype(np.float32)
    alpha = random.integers(foreground.HIGHEST + 1, 256, 2000, np.uint8)

    assert_close(foreground._unmixed(photo, subject, background, alpha), photo, most=2.5)
    columns = np.broadcast_to(np.arange(256, dtype=np.uint8), (20, 256))
    colours = gradient(20, 256)
    changed = (estimate_foreground(colours, columns) != colours).any(axis=2)
    assert not changed[:, foreground.HIGHEST + 1 :].any() and changed.any()


def test_the_photo_is_not_written_to(blend):
    photo, alpha, _ = blend
    photo.flags.writeable = False

    estimate_foreground(photo, alpha)
