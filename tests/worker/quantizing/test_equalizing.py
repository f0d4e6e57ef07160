"""Channels of like ranges in a network that computes the same."""

import numpy as np
import openvino as ov
import pytest

from tests.worker.quantizing.graphs import block, computed, photos
from worker.quantizing.equalizing import equalized


def peaks(graph, name):
    """Of each channel of one operation, the mean over photos of the largest value."""
    (op,) = (op for op in graph.get_ops() if op.get_friendly_name() == name)
    inside = ov.Model([op.output(0)], graph.get_parameters(), "inside")
    return np.mean([computed(inside, photo).max((0, 2, 3)) for photo in photos()], axis=0)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_network_computes_the_same(share):
    expected = [computed(block(spread=4.0), photo) for photo in photos()]
    graph = equalized(block(spread=4.0), photos(), share)
    for photo, matte in zip(photos(), expected, strict=True):
        assert matte.std() > 0.05, "nothing to compare"
        np.testing.assert_allclose(computed(graph, photo), matte, atol=1e-5)


def test_by_the_activations_alone_all_channels_reach_as_far():
    graph = equalized(block(spread=4.0), photos(), 1.0)
    across = peaks(graph, "across/relu")
    assert peaks(block(spread=4.0), "across/relu").max() > 20 * peaks(block(spread=4.0), "across/relu").min()
    np.testing.assert_allclose(across, 1, rtol=0.02)
    np.testing.assert_allclose(
        peaks(graph, "low/relu"), 1, rtol=0.2
    )  # as it is read: enlarged, without its tips


def test_in_between_the_channels_come_nearer_to_each_other():
    before = peaks(block(spread=4.0), "across/relu")
    after = peaks(equalized(block(spread=4.0), photos(), 0.5), "across/relu")
    assert after.max() / after.min() < 0.5 * before.max() / before.min()


def test_a_channel_that_never_fires_does_no_harm():
    def deaf():
        graph = block()
        (bias,) = (op for op in graph.get_ops() if op.get_friendly_name() == "across")
        values = bias.input_value(1).get_node().data.copy()
        values[0, 2] = -1000
        bias.input(1).replace_source_output(ov.opset13.constant(values).output(0))
        return graph

    expected = computed(deaf(), photos()[0])
    np.testing.assert_allclose(computed(equalized(deaf(), photos(), 0.5), photos()[0]), expected, atol=1e-5)


def test_a_network_of_any_size_computes_the_same():
    def any_size():
        graph = block(spread=4.0)
        graph.reshape([1, 3, ov.Dimension(8, 64), ov.Dimension(8, 64)])
        return graph

    expected = computed(any_size(), photos()[0])
    graph = equalized(any_size(), photos(), 0.5)
    np.testing.assert_allclose(computed(graph, photos()[0]), expected, atol=1e-5)


def test_numbers_that_all_channels_share_are_divided_for_each():
    def shared():
        graph = block(spread=4.0)
        (bias,) = (op for op in graph.get_ops() if op.get_friendly_name() == "across")
        bias.input(1).replace_source_output(
            ov.opset13.constant(np.full((1, 1, 1, 1), 0.7, np.float32)).output(0)
        )
        return graph

    expected = computed(shared(), photos()[0])
    graph = equalized(shared(), photos(), 0.5)
    np.testing.assert_allclose(computed(graph, photos()[0]), expected, atol=1e-5)
