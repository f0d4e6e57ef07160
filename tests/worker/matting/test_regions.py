"""Connected parts of the matte."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.images import disc, strands
from worker.matting.regions import clean_up, fill_holes, keep_largest

MATTES = arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24)))


@settings(max_examples=100, deadline=None)
@given(MATTES, st.sampled_from([3, 5, 7]))
def test_cleaning_twice_is_cleaning_once(alpha, kernel_px):
    once = clean_up(alpha, kernel_px)

    assert np.array_equal(clean_up(once, kernel_px), once)


def test_hair_that_hangs_on_the_subject_survives():
    alpha = strands()

    assert np.array_equal(clean_up(alpha, 5), alpha)


def test_specks_and_pinholes_go_and_the_soft_edge_stays():
    alpha = disc(60, 60, 20.0)
    spoilt = alpha.copy()
    spoilt[3:5, 3:5], spoilt[30, 30:33] = 200, 0

    assert np.array_equal(clean_up(spoilt, 5), alpha)


def test_a_hole_is_filled_with_its_soft_rim_and_a_bay_is_not():
    ring = disc(80, 80, 30.0) - disc(80, 80, 12.0)
    bay = ring.copy()
    bay[:40, 38:42] = 0

    assert np.array_equal(fill_holes(ring), disc(80, 80, 30.0))
    assert fill_holes(bay)[40, 40] == 0


@settings(max_examples=50, deadline=None)
@given(MATTES)
def test_filling_twice_is_filling_once(alpha):
    once = fill_holes(alpha)

    assert np.array_equal(fill_holes(once), once)
    assert (once >= alpha).all()


def test_the_largest_part_keeps_its_soft_edge():
    big, small = disc(60, 120, 20.0, (30, 30)), disc(60, 120, 10.0, (90, 30))

    assert np.array_equal(keep_largest(np.maximum(big, small)), big)


@pytest.mark.parametrize("value", [0, 90, 255])
def test_flat_mattes_stay_as_they_are(value):
    flat = np.full((9, 9), value, np.uint8)

    for work in (fill_holes, keep_largest, lambda alpha: clean_up(alpha, 5)):
        assert np.array_equal(work(flat), flat)
