"""TRACER-B7 against carvekit f141a311 (Karel911/TRACER 8daceccc without its edge module)."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='parity needs the extra "torch"')

from tests.parity import official  # noqa: E402  (only where torch is)
from worker.segmentation.arch import tracer  # noqa: E402

TOLERANCE = 1e-4  # logits; float32 against float64 is 2e-6, the mildest known mistake 5e-3


@pytest.fixture(scope="module")
def network():
    return official.seeded_network("tracer_b7")


@pytest.fixture(scope="module")
def vectors():
    return official.vectors_of("tracer_b7")


def _logits(network, vectors, case=""):
    with torch.inference_mode():
        return network(official.normalised(official.picture_of(vectors, case), vectors))


def test_the_keys_and_the_number_of_parameters_are_the_official_ones():
    official.assert_keys_equal("tracer_b7")


def test_intermediate_statistics_then_the_maps_equal_the_official_ones(network, vectors):
    seen = official.run(
        network, vectors, lambda: _logits(network, vectors), also=("ObjectAttention2", "ObjectAttention1")
    )
    official.assert_middles_equal(seen, vectors)
    official.assert_equal(seen["agg"], vectors, "D0", TOLERANCE)
    official.assert_equal(seen["ObjectAttention2"], vectors, "D1", TOLERANCE)
    official.assert_equal(seen["ObjectAttention1"], vectors, "D2", TOLERANCE)
    official.assert_equal(seen[""], vectors, "output_logits", TOLERANCE)


def test_a_second_size_gives_the_official_map(network, vectors):
    official.assert_equal(_logits(network, vectors, "b_"), vectors, "b_output_logits", TOLERANCE)


def test_object_attention_alone_ignores_what_is_surely_background(network, vectors):
    decoder_map, encoder_map = (
        torch.from_numpy(vectors[key]) for key in ("oa2_decoder_map", "oa2_encoder_map")
    )
    with torch.inference_mode():
        output = network.ObjectAttention2(decoder_map, encoder_map)
    official.assert_equal(output, vectors, "oa2_output", TOLERANCE)


def test_padding_for_the_real_size_is_noticed(network, vectors, monkeypatch):
    monkeypatch.setattr(network.encoder._blocks[18]._pad, "padding", (0, 1, 0, 1))
    assert official.difference(_logits(network, vectors, "b_"), vectors, "b_output_logits")[0] > 1e-3


def test_a_usual_epsilon_in_the_encoder_is_noticed(network, vectors, monkeypatch):
    for module in network.encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            monkeypatch.setattr(module, "eps", 1e-5)
    assert official.difference(_logits(network, vectors, "b_"), vectors, "b_output_logits")[0] > 1e-3


@pytest.mark.parametrize("channels", [224, 11])  # 11: the quantile is itself one of the values
def test_the_weakest_channels_are_those_at_or_below_the_quantile(channels):
    attention = torch.rand(64, channels, 1, 1, generator=torch.Generator().manual_seed(0))
    quantile = torch.quantile(attention, 0.1, dim=1, keepdim=True)
    expected = torch.where(attention <= quantile, 0.0, attention)
    assert torch.equal(tracer._without_weakest(attention, channels), expected)


def test_its_activation_converts_to_one_that_openvino_fuses_and_computes_the_same():
    openvino = pytest.importorskip("openvino")
    module = tracer.DWConv(8, 3, padding=1).eval()
    x = torch.randn(1, 8, 16, 16, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        # It traces with torch.jit, which torch calls deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        graph = openvino.convert_model(module, example_input=x)
    assert "Selu" not in {node.get_type_name() for node in graph.get_ops()}
    compiled = openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    with torch.inference_mode():
        np.testing.assert_allclose(compiled(x.numpy())[0], module(x).numpy(), rtol=0, atol=1e-5)
