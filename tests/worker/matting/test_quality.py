"""Facts about a matte."""

import numpy as np
import pytest

from worker.matting.quality import assess


def disc(size=200, radius=60, at=(100, 100)):
    y, x = np.mgrid[:size, :size]
    return (((x - at[0]) ** 2 + (y - at[1]) ** 2 < radius**2) * 255).astype(np.uint8)


def test_a_clean_disc_is_certain_and_covers_its_area():
    quality = assess(disc())

    assert quality.coverage == pytest.approx(np.pi * 60**2 / 200**2, abs=0.01)
    assert (quality.confidence, quality.flags) == (1.0, ())


def test_an_empty_matte_says_only_that():
    assert assess(np.zeros((50, 50), np.uint8)).flags == ("empty_matte",)


def test_a_grey_matte_is_doubtful():
    quality = assess(np.full((50, 50), 140, np.uint8))

    assert quality.confidence < 0.2
    assert "low_confidence" in quality.flags


def test_a_subject_at_the_border_is_said_to_be_there():
    assert "subject_touches_border" in assess(disc(at=(10, 100))).flags


def test_two_subjects_are_many_but_a_crumb_is_none():
    two = np.maximum(disc(radius=30, at=(50, 100)), disc(radius=30, at=(150, 100)))
    crumb = np.maximum(disc(radius=50, at=(80, 100)), disc(radius=5, at=(180, 100)))

    assert "many_subjects" in assess(two).flags
    assert "many_subjects" not in assess(crumb).flags


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1)])
def test_extreme_shapes_come_out(shape):
    assert assess(np.full(shape, 255, np.uint8)).coverage == 1.0
