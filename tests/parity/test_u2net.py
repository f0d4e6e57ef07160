"""U²-Net and U²-NetP against xuebinqin/U-2-Net ac7e1c81."""

import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from tests.parity import official  # noqa: E402  (only where torch is)

NAMES = ("u2net", "u2netp")
TOLERANCE = 1e-4  # logits; float32 against float64 is 3e-6


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def network(name):
    return official.seeded_network(name)


def test_the_keys_and_the_number_of_parameters_are_the_official_ones(name):
    official.assert_keys_equal(name)


def test_intermediate_statistics_then_the_maps_equal_the_official_ones(name, network):
    vectors = official.vectors_of(name)
    picture = official.normalised(official.picture_of(vectors), vectors)
    seen = official.run(network, vectors, lambda: network.maps(picture))
    official.assert_middles_equal(seen, vectors)
    fused, *sides = seen[""]
    official.assert_equal(fused, vectors, "output_logits", TOLERANCE)
    for number, side in enumerate(sides, 1):
        official.assert_equal(torch.sigmoid(side), vectors, f"side_sigmoid_{number}", TOLERANCE)


def test_an_odd_size_gives_the_official_map(name, network):
    vectors = official.vectors_of(name)
    picture = official.normalised(official.picture_of(vectors, "b_"), vectors)
    with torch.inference_mode():
        official.assert_equal(network(picture), vectors, "b_output_logits", TOLERANCE)


def test_pooling_that_rounds_down_is_noticed(monkeypatch):
    for module in ("rsu", "u2net"):
        monkeypatch.setattr(
            f"worker.segmentation.arch.{module}.halved",
            lambda x: torch.nn.functional.max_pool2d(x, 2, stride=2),
        )
    vectors = official.vectors_of("u2netp")
    picture = official.normalised(official.picture_of(vectors, "b_"), vectors)
    with torch.inference_mode():
        output = official.seeded_network("u2netp")(picture)
    assert official.difference(output, vectors, "b_output_logits")[0] > 100 * TOLERANCE
