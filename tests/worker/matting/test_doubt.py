"""How wide the band is in which a matte is unsure."""

import numpy as np

from worker.matting.doubt import width_of_band


def test_a_hard_edge_is_narrow_and_a_field_of_doubt_wide():
    matte = np.zeros((40, 40), np.float32)
    matte[:, 20:] = 1
    assert not width_of_band(matte, 3, 0.2, 0.5).any()
    assert (width_of_band(np.full_like(matte, 0.5), 3, 0.2, 0.5) == 1).all()


def test_between_the_two_it_grows_with_the_doubt():
    shares = [width_of_band(np.full((20, 20), alpha, np.float32), 3, 0.2, 0.8).mean() for alpha in (0.1, 0.2)]
    np.testing.assert_allclose(shares, [(0.36 - 0.2) / 0.6, (0.64 - 0.2) / 0.6], atol=1e-5)
