"""What becomes a file, band by band."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.images import cutout
from worker.imaging.picture import Picture
from worker.imaging.types import Cutout


@given(st.integers(1, 100_000))
def test_bands_put_together_are_the_whole(most_bytes):
    picture = Picture.of_cutout(cutout())
    bands = list(picture.bands(most_bytes))
    assert np.array_equal(np.concatenate(bands), picture.whole())
    assert all(len(band) == 1 or band.nbytes <= most_bytes for band in bands)


def test_a_cutout_is_blue_first_and_black_where_nothing_is_seen():
    random = np.random.default_rng(1)
    rgb = random.integers(1, 256, (40, 31, 3), np.uint8)
    alpha = random.choice(np.array([0, 1, 128, 255], np.uint8), (40, 31))
    pixels = Picture.of_cutout(Cutout.of(rgb, alpha)).whole()
    assert np.array_equal(pixels[..., 3], alpha)
    assert np.array_equal(pixels[..., 2::-1], np.where(alpha[..., None] > 0, rgb, 0))


@pytest.mark.parametrize("step", [1, -1, 2])
def test_an_alpha_that_is_a_view_is_read_as_it_looks(step):
    subject = cutout()
    flipped = Cutout.of(subject.rgb, subject.alpha[:, ::-1])
    assert np.array_equal(Picture.of_cutout(flipped).whole()[..., 3], subject.alpha[:, ::-1])
    assert np.array_equal(Picture.of(subject.alpha[::step]).whole(), subject.alpha[::step])
