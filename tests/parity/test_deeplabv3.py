"""DeepLabV3-ResNet101 against torchvision 0.27."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from tests.parity import official  # noqa: E402  (only where torch is)

TOLERANCE = 1e-3  # logits of ±26; float32 against float64 is 5e-5


@pytest.fixture(scope="module")
def network():
    return official.seeded_network("deeplabv3_resnet101")


@pytest.fixture(scope="module")
def vectors():
    return official.vectors_of("deeplabv3_resnet101")


def test_the_keys_and_the_number_of_parameters_are_the_official_ones():
    official.assert_keys_equal("deeplabv3_resnet101")


def test_intermediate_statistics_then_the_logits_equal_the_official_ones(network, vectors):
    picture = official.normalised(official.picture_of(vectors), vectors)
    seen = official.run(network, vectors, lambda: network.maps(picture))
    official.assert_middles_equal(seen, vectors)
    logits, auxiliary = seen[""]
    official.assert_equal(logits, vectors, "output_logits", TOLERANCE)
    official.assert_equal(auxiliary, vectors, "aux_logits", TOLERANCE)
    assert np.mean(logits.argmax(1).numpy() == vectors["argmax"]) >= 0.999


def test_an_odd_size_gives_the_official_logits(network, vectors):
    picture = official.normalised(official.picture_of(vectors, "b_"), vectors)
    with torch.inference_mode():
        official.assert_equal(network(picture), vectors, "b_output_logits", TOLERANCE)
