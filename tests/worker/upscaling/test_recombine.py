import cv2
import numpy as np
import pytest

from worker.upscaling.recombine import corrected_colour, enlarged_alpha, recombine


@pytest.fixture
def small():
    """A soft disc of one colour gradient, 30×40, and its plain enlargement ×4."""
    y, x = np.mgrid[:30, :40]
    alpha = np.clip(127 + 40 * (10 - np.hypot(y - 15, x - 20)), 0, 255).astype(np.uint8)
    rgb = np.stack([4 * x, 6 * y, 255 - 4 * x], axis=2).astype(np.uint8)
    return rgb, alpha


def _large(picture):
    return cv2.resize(picture, None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR)


def test_the_enlarged_alpha_averages_back_to_the_small_one(small):
    _, alpha = small
    hard = np.where(_large(alpha) > 127, 255, 0).astype(np.uint8)  # as the network makes it
    back = cv2.resize(enlarged_alpha(alpha, hard), alpha.shape[::-1], interpolation=cv2.INTER_AREA) * 255
    assert np.abs(back - alpha).max() < 8
    assert np.abs(back - alpha).mean() < 0.3


def test_flat_alpha_is_exact_whatever_the_network_says(small):
    _, alpha = small
    enlarged = enlarged_alpha(alpha, np.full((120, 160), 128, np.uint8))
    square = np.ones((5, 5), np.uint8)
    inside = cv2.erode(alpha, square).repeat(4, 0).repeat(4, 1) == 255
    outside = cv2.dilate(alpha, square).repeat(4, 0).repeat(4, 1) == 0
    assert inside.any() and (enlarged[inside] == 1).all()
    assert outside.any() and (enlarged[outside] == 0).all()


def test_colour_changes_only_beside_the_edge_and_moves_towards_the_small_picture(small):
    rgb, alpha = small
    large_alpha = _large(alpha).astype(np.float32) / 255
    wrong = _large(rgb) // 2
    corrected = corrected_colour(rgb, alpha, wrong, large_alpha)
    edge = cv2.dilate(((alpha > 0) & (alpha < 255)).astype(np.uint8), np.ones((9, 9), np.uint8))
    far = edge.repeat(4, 0).repeat(4, 1) == 0
    np.testing.assert_array_equal(corrected[far], wrong[far])
    target = rgb * (alpha / 255.0)[..., None]

    def error(colours):
        covered = cv2.resize(
            colours * large_alpha[..., None], alpha.shape[::-1], interpolation=cv2.INTER_AREA
        )
        return np.abs(covered - target)[(alpha > 100) & (alpha < 255)].mean()

    assert error(corrected) < error(wrong) / 4


def test_nothing_is_left_under_alpha_zero(small):
    rgb, alpha = small
    colours, alphas = recombine(rgb, alpha, _large(rgb), _large(alpha))
    assert (colours[alphas == 0] == 0).all()
    assert colours.dtype == alphas.dtype == np.uint8


def test_the_colour_correction_fades_out_without_a_step():
    alpha = np.full((40, 40), 255, np.uint8)
    alpha[:, :6] = 0
    rgb, large = np.full((40, 40, 3), 160, np.uint8), np.full((160, 160, 3), 100, np.uint8)
    corrected = corrected_colour(rgb, alpha, large, _large(alpha).astype(np.float32) / 255)
    across = corrected[80, 24:, 0].astype(int)  # from the edge inwards
    assert across[4] > 150 and across[-1] == 100
    assert np.abs(np.diff(across[4:])).max() <= 12
