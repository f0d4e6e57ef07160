"""BASNet against xuebinqin/BASNet 56393818."""

import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from tests.parity import official  # noqa: E402  (only where torch is)

TOLERANCE = 1e-4  # logits; float32 against float64 is 2e-6


@pytest.fixture(scope="module")
def network():
    return official.seeded_network("basnet")


@pytest.fixture(scope="module")
def vectors():
    return official.vectors_of("basnet")


def test_the_keys_and_the_number_of_parameters_are_the_official_ones():
    official.assert_keys_equal("basnet")


def test_intermediate_statistics_then_the_maps_equal_the_official_ones(network, vectors):
    picture = official.normalised(official.picture_of(vectors), vectors)
    seen = official.run(network, vectors, lambda: network.maps(picture))
    official.assert_middles_equal(seen, vectors)
    refined, *sides = seen[""]
    official.assert_equal(refined, vectors, "output_logits", TOLERANCE)
    for number, side in enumerate(sides, 1):
        official.assert_equal(torch.sigmoid(side), vectors, f"side_sigmoid_{number}", TOLERANCE)


def test_a_second_size_gives_the_official_map(network, vectors):
    picture = official.normalised(official.picture_of(vectors, "b_"), vectors)
    with torch.inference_mode():
        official.assert_equal(network(picture), vectors, "b_output_logits", TOLERANCE)
