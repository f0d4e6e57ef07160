"""Which channels may be scaled, and which of them together."""

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from tests.worker.quantizing.graphs import CHANNELS, SIDE, block, convolved
from worker.quantizing.channels import channels_of


def test_a_convolutions_channels_keep_their_numbers_until_the_next_one():
    of = channels_of(block()).of
    assert (of["across/convolution"] == of["across"]).all()
    assert (of["across"] == of["across/relu"]).all()
    assert not set(of["across"]) & set(of["low"])


def test_a_concatenation_holds_the_channels_of_both_in_order():
    graph = block()
    of = channels_of(graph).of
    (both,) = (op for op in graph.get_ops() if op.get_type_name() == "Concat")
    assert list(of[both.get_friendly_name()]) == [*of["low/relu"], *of["across/relu"]]


def test_what_is_added_up_has_the_same_numbers():
    of = channels_of(block()).of
    assert (of["inside"] == of["into"]).all()
    assert (of["total"] == of["into"]).all()
    assert len(set(of["total"])) == CHANNELS


def test_a_chain_of_sums_has_the_same_numbers_throughout():
    random = np.random.default_rng(0)
    photo = ops.parameter([1, 3, SIDE, SIDE], np.float32)
    parts = [convolved(photo.output(0), f"part{place}", random) for place in range(4)]
    pairs = [ops.add(parts[2], parts[3]), ops.add(parts[0], parts[1]), ops.add(parts[1], parts[2])]
    of = channels_of(ov.Model(pairs, [photo], "chain")).of
    assert len({tuple(of[f"part{place}"]) for place in range(4)}) == 1


def test_only_what_is_read_by_something_else_stays_as_it_is():
    channels = channels_of(block())
    assert not channels.free[channels.of["matte"]].any(), "a sigmoid does not commute with a factor"
    assert channels.free.sum() == len(channels.free) - 1


def test_what_meets_something_that_no_convolution_made_stays_as_it_is():
    random = np.random.default_rng(0)
    photo = ops.parameter([1, CHANNELS, SIDE, SIDE], np.float32)
    made = convolved(photo.output(0), "made", random)
    channels = channels_of(ov.Model([ops.add(made, photo)], [photo], "residual"))
    assert not channels.free[channels.of["made"]].any()


def test_the_output_of_the_network_stays_as_it_is():
    random = np.random.default_rng(0)
    photo = ops.parameter([1, 3, SIDE, SIDE], np.float32)
    channels = channels_of(ov.Model([convolved(photo.output(0), "made", random)], [photo], "one"))
    assert not channels.free[channels.of["made"]].any()
