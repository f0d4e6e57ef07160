"""A line through every window."""

import numpy as np
import pytest

from worker.matting.line_fit import averaged_lines

EPSILON = 1e-4


@pytest.fixture
def window():
    """Colours and a matte, 30 × 40 px of noise, that have little to do with each other."""
    random = np.random.default_rng(6)
    return random.integers(0, 256, (30, 40, 3), np.uint8), random.integers(0, 256, (30, 40), np.uint8)


def fitted(colours, matte, radius, y, x):
    """The line of one window, and its weight, as it is written in the paper: (Sigma + epsilon)^-1 of covariances."""
    box = np.s_[y - radius : y + radius + 1, x - radius : x + radius + 1]
    samples, values = colours[box].reshape(-1, 3) / 255, matte[box].ravel() / 255
    covariance = np.cov(samples.T, bias=True) + EPSILON * np.eye(3)
    with_matte = ((samples - samples.mean(0)) * (values - values.mean())[:, None]).mean(0)
    slope = np.linalg.solve(covariance, with_matte)
    weight = 0.01 / (max(0.0, values.var() - slope @ with_matte) + 0.01)
    return np.array([*slope, values.mean() - slope @ samples.mean(0)]), weight


@pytest.mark.parametrize("radius", [1, 2])
def test_a_pixel_has_the_weighted_mean_of_the_lines_of_its_windows(window, radius):
    colours, matte = window
    lines = averaged_lines(colours, matte, np.ones(matte.shape, np.uint8), radius, EPSILON)

    for y, x in ((10, 10), (15, 31)):
        reach = range(-radius, radius + 1)
        found = [fitted(colours, matte, radius, y + down, x + across) for down in reach for across in reach]
        expected = sum(line * weight for line, weight in found) / sum(weight for _, weight in found)
        np.testing.assert_allclose(lines[y, x], expected, atol=2e-3)


def test_where_one_pixel_is_wanted_it_is_as_if_all_were(window):
    colours, matte = window
    wanted = np.zeros(matte.shape, np.uint8)
    wanted[12, 17] = 1

    whole = averaged_lines(colours, matte, np.ones_like(wanted), 1, EPSILON)
    np.testing.assert_allclose(
        averaged_lines(colours, matte, wanted, 1, EPSILON)[12, 17], whole[12, 17], atol=1e-5
    )


@pytest.mark.parametrize("value", [0, 255])
def test_the_brightest_and_the_darkest_window_fit_the_numbers_they_are_summed_in(value):
    plain = np.full((9, 9), value, np.uint8)
    lines = averaged_lines(np.dstack([plain] * 3), plain, np.ones_like(plain), 2, EPSILON)

    found = lines[..., :3].sum(axis=2) * value / 255 + lines[..., 3]
    np.testing.assert_allclose(found, value / 255, atol=1e-5)
