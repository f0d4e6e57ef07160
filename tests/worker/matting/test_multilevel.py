"""Smooth colours of subject and background."""

import numpy as np
import pytest

from tests.images import assert_close, gradient, strands
from worker.matting import multilevel
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


def test_three_accelerated_rounds_are_nearer_to_the_solution_than_five_plain_ones(monkeypatch):
    photo, alpha = gradient(120, 160), strands(120, 160)

    def solved(*steps):
        monkeypatch.setattr(multilevel, "_STEPS", steps)
        return np.concatenate(solve(photo, alpha))

    accelerated = solved(*multilevel._STEPS)
    solution = solved(*[1.0] * 400)
    assert np.abs(accelerated - solution).mean() < np.abs(solved(*[1.0] * 5) - solution).mean()


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, np.rot90])
def test_a_turned_photo_gives_the_turned_colours(turn):
    photo, alpha = gradient(128, 128), strands(128, 128)
    for straight, turned in zip(solve(photo, alpha), solve(turn(photo), turn(alpha)), strict=True):
        assert_close(turn(straight), turned, most=0.01)


@pytest.mark.parametrize("shape", [(1300, 700), (2600, 1400), (513, 1999)])
def test_a_larger_photo_is_seen_in_the_same_place(shape):
    height, width = shape
    down, across = np.mgrid[:height, :width]
    photo = np.stack([255 * down / height, 255 * across / width, 0 * down], axis=2).astype(np.uint8)

    subject, _ = solve(photo, np.full(shape, 255, np.uint8))

    h, w = subject.shape[:2]
    down, across = np.mgrid[:h, :w] + 0.5
    expected = np.stack([255 * down / h, 255 * across / w, 0 * down], axis=2)
    assert_close(subject, expected, most=2, mean=0.8)
