"""The mask options together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shared.spec.mask import MaskSpec
from tests.images import disc
from worker.matting.mask import apply_mask

MATTES = arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20)))
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "threshold": st.floats(0, 1),
        "contrast_boost": st.floats(0.1, 50),
        "hard_floor": st.floats(0, 1),
        "cleanup_kernel_size": st.sampled_from([0, 1, 3, 5, 9]),
        "fill_holes": st.booleans(),
        "keep_largest": st.booleans(),
        "grow": st.integers(-9, 9),
        "feather": st.floats(0, 9),
        "invert": st.booleans(),
    },
)


@given(MATTES)
def test_no_option_changes_nothing(alpha):
    assert apply_mask(alpha, MaskSpec()) is alpha


@settings(max_examples=60, deadline=None)
@given(MATTES, OPTIONS)
def test_any_options_give_a_matte_of_the_same_size(alpha, options):
    before = alpha.copy()
    masked = apply_mask(alpha, MaskSpec(**options))

    assert (masked.shape, masked.dtype) == (alpha.shape, np.uint8)
    assert np.array_equal(alpha, before), "the matte handed in was written to"


@settings(max_examples=60, deadline=None)
@given(MATTES, OPTIONS, st.sampled_from([0, 1]))
def test_options_know_no_left_or_right(alpha, options, axis):
    # Of two parts equally large the first one found is kept: no side is the right one.
    spec = MaskSpec(**{**options, "keep_largest": False})

    straight = apply_mask(alpha, spec).astype(int)
    mirrored = np.flip(apply_mask(np.flip(alpha, axis).copy(), spec), axis).astype(int)

    # A wide feather is drawn on a smaller picture, filled up on one side to whole pixels.
    assert np.abs(straight - mirrored).max() <= 2


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20)), elements=st.sampled_from([0, 255]))
)
def test_clean_leaves_a_clean_matte_alone(alpha):
    spec = MaskSpec(preset="clean")
    once = apply_mask(alpha, spec)

    assert np.array_equal(apply_mask(once, spec), once)


def _clean(alpha):
    return apply_mask(alpha, MaskSpec(preset="clean"))


def test_clean_again_moves_each_level_further_the_same_way_and_comes_to_rest():
    # A continuous curve is idempotent only where it changes nothing: a sigmoid cannot be. This is what holds.
    before = np.repeat(np.arange(256, dtype=np.uint8)[None], 256, axis=0).repeat(8, axis=1)
    rising = None
    for _ in range(30):
        after = _clean(before)
        moved = after.astype(int) - before
        if rising is not None:
            assert (moved[rising] >= 0).all()
            assert (moved[~rising] <= 0).all()
        rising = moved > 0 if rising is None else rising
        before = after

    assert np.array_equal(_clean(before), before)


@settings(max_examples=40, deadline=None)
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 20), st.integers(1, 20)),
        elements=st.sampled_from([0, 188, 189, 190, 191, 192, 253, 254, 255]),
    )
)
def test_clean_leaves_alone_what_its_curve_does_and_its_kernel_did(alpha):
    once = _clean(alpha)

    assert set(np.unique(once)) <= set(np.unique(alpha)) | {0, 255}
    assert np.array_equal(_clean(once), once)


def test_clean_removes_specks_and_fog_but_not_the_subject():
    alpha = disc(64, 64, 20.0)
    spoilt = alpha.copy()
    spoilt[2:5, 2:5] = 255
    spoilt[58, :] = 40

    masked = apply_mask(spoilt, MaskSpec(preset="clean"))

    assert masked[:10].max() == masked[58].max() == 0
    assert np.array_equal(masked == 255, alpha == 255)


def test_outside_the_region_is_background_even_when_inverted():
    masked = apply_mask(np.zeros((30, 40), np.uint8), MaskSpec(invert=True), (10, 5, 20, 15))

    assert masked.sum() == 255 * 100
    assert (masked[5:15, 10:20] == 255).all()


def test_the_largest_subject_is_looked_for_inside_the_region():
    alpha = np.zeros((30, 60), np.uint8)
    alpha[:, :30], alpha[5:15, 40:50] = 255, 255

    masked = apply_mask(alpha, MaskSpec(keep_largest=True), (35, 0, 60, 30))

    assert np.array_equal(np.argwhere(masked)[[0, -1]], [[5, 40], [14, 49]])


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1)])
def test_extreme_shapes_come_out(shape):
    spec = MaskSpec(preset="clean", fill_holes=True, keep_largest=True, grow=3, feather=2)

    assert (apply_mask(np.full(shape, 255, np.uint8), spec) == 255).all()
