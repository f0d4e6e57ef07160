"""Colours of the subject alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

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

    assert after < 0.5 * before


def test_opaque_pixels_keep_their_colour(blend):
    photo, alpha, _ = blend

    assert np.array_equal(estimate_foreground(photo, alpha)[alpha == 255], photo[alpha == 255])


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


def test_the_photo_is_not_written_to(blend):
    photo, alpha, _ = blend
    photo.flags.writeable = False

    estimate_foreground(photo, alpha)
