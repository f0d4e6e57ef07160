"""The definitions that every figure is given in."""

import numpy as np
import pytest

from benchmarks.quality.measures import mean, score
from tests.images import disc


def test_a_perfect_matte_scores_perfectly():
    assert score(disc(), disc(), "alpha") == pytest.approx((1.0, 0.0, 1.0, 0.0, 0.0))


def test_an_empty_matte_scores_nothing():
    found = score(np.zeros_like(disc()), disc(), "binary")

    assert (found.iou, found.boundary_iou) == (0.0, 0.0)
    assert found.sad == pytest.approx(disc().sum() / 255 / 1000)


def test_unclassified_pixels_are_left_out():
    truth = disc()
    truth[:, 40:] = 128
    matte = truth.copy()
    matte[:, 40:] = 255

    assert score(matte, truth, "trimap_ignore128").sad == 0
    assert score(matte, truth, "binary").sad > 0


def test_a_wider_matte_costs_as_its_pixels_say():
    truth, matte = np.zeros((2, 100, 100), np.uint8)
    truth[20:80, 20:80], matte[20:80, 20:85] = 255, 255

    found = score(matte, truth, "binary")

    assert found.iou == pytest.approx(60 / 65)
    assert found.sad == pytest.approx(0.3)
    assert found.mae == pytest.approx(0.03)


def test_the_mean_is_over_pictures():
    assert mean([score(disc(), disc(), "alpha"), score(255 - disc(), disc(), "alpha")]).iou == pytest.approx(
        0.5, abs=0.1
    )
