"""Channels brought to like ranges before they share 256 steps, in a network that computes the same.

All channels of an activation are quantised with one range, and those that meet in a concatenation with one for all:
in the decoder of IS-Net what comes from below may reach a fifth as far as what comes across, and has a fifth of the
steps. Here every channel is divided by a factor where it is made and multiplied by it where it is read, in the
weights, so that it costs nothing. The factor is SmoothQuant's (Xiao et al., ICML 2023, equation 4): what the
activations gain, the weights lose.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from worker.inference.graph import core
from worker.quantizing.channels import Channels, channels_of, is_bias, is_convolution

Progress = Callable[[int, int], None]

_LEAST_WEIGHT = 1e-3  # of the largest one of its filter: below, it is not worth a step


def equalized(
    graph: ov.Model,
    batches: Sequence[NDArray[Any]],
    share: float,
    progress: Progress = lambda _done, _of: None,
) -> ov.Model:
    """The graph itself, in float32 and rescaled by what its channels reach on these batches.

    `share` is SmoothQuant's alpha: 0 looks at the weights alone, 1 at the activations alone. `progress` hears of each
    batch.
    """
    channels = channels_of(graph)
    peaks, weights = _peaks(graph, channels, batches, progress), _weights(graph, channels)
    moved = channels.free & (peaks > 0) & (weights > 0)
    factors = np.ones(len(moved))
    factors[moved] = peaks[moved] ** share / np.maximum(weights[moved], _LEAST_WEIGHT) ** (1 - share)
    _rescale(graph, channels, factors)
    return graph


def _peaks(
    graph: ov.Model, channels: Channels, batches: Sequence[NDArray[Any]], progress: Progress
) -> NDArray[np.float64]:
    """Of each channel, the largest value that a convolution reads of it: the mean over batches."""
    read = _read(graph, channels)
    axes = ops.constant(np.array([0, 2, 3], np.int64))
    maxima = [ops.reduce_max(ops.abs(value), axes, keep_dims=False).output(0) for value in read.values()]
    watched = core().compile_model(ov.Model(maxima, graph.get_parameters()), "CPU")
    found = {name: np.zeros(len(channels.of[name])) for name in read}
    for done, batch in enumerate(batches, 1):
        for name, values in zip(read, watched({0: batch}).values(), strict=True):
            found[name] += values / len(batches)
        progress(done, len(batches))
    peaks = np.zeros(len(channels.free))
    for name, values in found.items():
        np.maximum.at(peaks, channels.of[name], values)
    return peaks


def _weights(graph: ov.Model, channels: Channels) -> NDArray[np.float64]:
    """Of each channel, the largest weight that it is read with, as a share of the largest one of that filter."""
    found = np.zeros(len(channels.free))
    for op in _convolutions(graph):
        ids = channels.of.get(_source(op))
        if ids is not None:
            weights = np.abs(op.input_value(1).get_node().data)
            largest = np.maximum(weights.max((1, 2, 3), keepdims=True), np.finfo(np.float32).tiny)
            np.maximum.at(found, ids, (weights / largest).max((0, 2, 3)))
    return found


def _read(graph: ov.Model, channels: Channels) -> dict[str, ov.Output]:
    """What convolutions read, by the name of the operation that makes it."""
    read = {_source(op): op.input_value(0) for op in _convolutions(graph)}
    return {name: value for name, value in read.items() if name in channels.of}


def _rescale(graph: ov.Model, channels: Channels, factors: NDArray[np.float64]) -> None:
    for op in graph.get_ordered_ops():
        made = channels.of.get(op.get_friendly_name())
        if is_convolution(op):
            read = channels.of.get(_source(op))
            times = 1 if read is None else factors[read][None, :, None, None]
            _multiply(op, times / factors[made][:, None, None, None])
        elif is_bias(op) and made is not None:
            _multiply(op, 1 / factors[made][None, :, None, None])


def _multiply(op: ov.Node, factors: NDArray[np.float64]) -> None:
    """The numbers that it reads."""
    numbers = op.input_value(1).get_node().data
    op.input(1).replace_source_output(ops.constant((numbers * factors).astype(np.float32)).output(0))


def _convolutions(graph: ov.Model) -> list[ov.Node]:
    return [op for op in graph.get_ordered_ops() if is_convolution(op)]


def _source(op: ov.Node) -> str:
    return str(op.input_value(0).get_node().get_friendly_name())
