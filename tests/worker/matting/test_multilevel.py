"""Smooth colours of subject and background."""

import numpy as np
import pytest

from tests.images import assert_close
from worker.matting.multilevel import solve


def test_two_plain_colours_are_told_apart():
    alpha = np.clip((np.mgrid[:300, :500][1] - 200) * 4, 0, 255).astype(np.uint8)
    subject, behind = np.array([200, 90, 30]), np.array([20, 60, 180])
    share = alpha[..., None] / 255
    photo = (share * subject + (1 - share) * behind).astype(np.uint8)

    solved_subject, solved_background = solve(photo, alpha)

    soft_columns = slice(100, 140)  # of 256
    assert_close(solved_subject[:, soft_columns], np.broadcast_to(subject, (154, 40, 3)), most=8, mean=3)
    assert_close(solved_background[:, soft_columns], np.broadcast_to(behind, (154, 40, 3)), most=40, mean=6)


@pytest.mark.parametrize("value", [0, 255])
def test_a_matte_without_subject_or_without_background_is_solved_too(value):
    photo = np.full((40, 60, 3), 120, np.uint8)

    for colours in solve(photo, np.full((40, 60), value, np.uint8)):
        assert_close(colours, np.full((40, 60, 3), 120.0), most=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (2000, 3000)])
def test_no_side_is_longer_than_256_px_or_shorter_than_one(shape):
    subject, background = solve(np.zeros((*shape, 3), np.uint8), np.full(shape, 9, np.uint8))

    assert subject.shape == background.shape
    assert 1 <= min(subject.shape[:2]) <= max(subject.shape[:2]) <= 256
