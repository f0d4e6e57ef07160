"""Threshold, contrast and floor."""

import numpy as np
import pytest

from shared.spec.mask import MaskSpec
from worker.matting.levels import adjust_levels

RAMP = np.arange(256, dtype=np.uint8)[None]


@pytest.mark.parametrize(("threshold", "first"), [(0.0, 0), (0.5, 128), (0.6, 153), (1.0, 255)])
def test_a_threshold_alone_is_hard(threshold, first):
    cut = adjust_levels(RAMP, MaskSpec(threshold=threshold))

    assert (cut[0, :first] == 0).all()
    assert (cut[0, first:] == 255).all()


@pytest.mark.parametrize("slope", [0.1, 4.0, 50.0])
def test_a_sigmoid_keeps_the_ends_and_the_order(slope):
    curve = adjust_levels(RAMP, MaskSpec(contrast_boost=slope))[0].astype(int)

    assert (curve[0], curve[255]) == (0, 255)
    assert (np.diff(curve) >= 0).all()
    assert abs(curve[127] + curve[128] - 255) <= 1


def test_the_sigmoids_middle_is_the_threshold():
    curve = adjust_levels(RAMP, MaskSpec(contrast_boost=30, threshold=0.7))[0]

    assert curve[round(0.7 * 255)] == pytest.approx(128, abs=6)


def test_the_floor_removes_what_is_fainter():
    assert np.array_equal(
        adjust_levels(RAMP, MaskSpec(hard_floor=0.5))[0, 120:136], [0] * 8 + list(range(128, 136))
    )
