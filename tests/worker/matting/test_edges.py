"""Moving the edge, and softening it."""

import numpy as np
import pytest

from tests.images import disc
from worker.matting.edges import feather, grow


@pytest.mark.parametrize("px", [-12, -5, -1, 1, 5, 12])
def test_a_disc_grows_by_so_many_px_on_every_side(px):
    moved = grow(disc(120, 120, 30.0), px)
    y, x = np.nonzero(moved >= 128)
    radius = np.hypot(y - 59.5, x - 59.5).max()

    assert radius == pytest.approx(30 + px, abs=max(1.2, 0.06 * abs(px) + 1))
    assert moved[59, 59] == 255


def test_growing_leaves_a_soft_edge_soft():
    assert ((grow(disc(), 3) > 0) & (grow(disc(), 3) < 255)).any()


@pytest.mark.parametrize("sigma_px", [0.5, 3.0, 40.0])
def test_feathering_keeps_what_is_there_on_average(sigma_px):
    alpha = disc(400, 400, 60.0)

    assert feather(alpha, sigma_px).mean() == pytest.approx(alpha.mean(), rel=0.02)
