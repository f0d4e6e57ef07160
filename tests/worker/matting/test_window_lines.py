"""Alpha as a linear function of the photo's colours."""

import numpy as np
import pytest

from shared.spec.refine import RefineSpec
from tests.images import strands
from worker.matting.window_lines import lines_of

SPEC = RefineSpec()


@pytest.fixture
def scene():
    """A matte of strands, and a guide that differs from it by a line and a little noise."""
    matte = strands(300, 300)
    noise = np.random.default_rng(5).normal(0, 2, (300, 300, 3))
    guide = np.clip(40 + 160 / 255 * matte[..., None] * (1, 0.8, 0.6) + noise, 0, 255).astype(np.uint8)
    return guide, matte, np.ones((300, 300), np.uint8)


def test_the_line_gives_the_matte_back(scene):
    guide, matte, wanted = scene
    lines = lines_of(guide, matte, wanted, slice(0, 300), SPEC)
    found = (lines[..., :3] * (guide / 255)).sum(axis=2) + lines[..., 3]

    assert np.abs(found - matte / 255).mean() < 0.03


def test_rows_asked_for_apart_are_the_same_rows(scene):
    guide, matte, wanted = scene
    whole = lines_of(guide, matte, wanted, slice(0, 300), SPEC)

    for rows in (slice(0, 90), slice(89, 201), slice(200, 300)):
        np.testing.assert_allclose(lines_of(guide, matte, wanted, rows, SPEC), whole[rows], atol=2e-3)


def test_what_is_not_wanted_is_not_solved(scene):
    guide, matte, wanted = scene
    some = np.zeros_like(wanted)
    some[150:170, 130:260] = 1
    lines = lines_of(guide, matte, some, slice(128, 300), SPEC)
    whole = lines_of(guide, matte, wanted, slice(0, 300), SPEC)

    assert not lines[:20].any() and not lines[50:].any()
    inner = np.s_[158:162, 140:250]
    np.testing.assert_allclose(lines[158 - 128 : 162 - 128, 140:250], whole[inner], atol=0.5)
