"""Which channels of a graph can be scaled without changing what it computes.

A channel that is made by a convolution and read by convolutions, with nothing between them but what commutes with a
factor above zero, can be divided by one there and multiplied by it here (Nagel et al., "Data-Free Quantization
Through Weight Equalization and Bias Correction", ICCV 2019). Two that are added up must share theirs.
"""

from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray

Ids = NDArray[np.int64]

_EACH_ON_ITS_OWN = ("Relu", "MaxPool", "AvgPool", "Interpolate")


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """The channels of every tensor that can be traced back to convolutions."""

    of: dict[str, Ids]
    """By the name of the operation that makes the tensor, a number for each of its channels, from 0. Channels with
    the same number have to be scaled alike."""
    free: NDArray[np.bool_]
    """By that number, whether it may be scaled at all."""


def channels_of(graph: ov.Model) -> Channels:
    """Follow each channel from the convolution that makes it to those that read it."""
    of: dict[str, Ids] = {}
    alike: list[tuple[Ids, Ids]] = []
    fixed: list[Ids] = []
    count = 0
    for op in graph.get_ordered_ops():
        name = op.get_friendly_name()
        read = [of.get(source) for source in sources(op)]
        if is_convolution(op):
            of[name] = np.arange(count, count := count + op.get_input_shape(1)[0])
            continue
        known = [ids for ids in read if ids is not None]
        if len(known) < len(read):  # something else comes in
            fixed += known
        elif is_bias(op) or op.get_type_name() in _EACH_ON_ITS_OWN:
            of[name] = known[0]
        elif op.get_type_name() == "Concat" and op.get_attributes()["axis"] == 1:
            of[name] = np.concatenate(known)
        elif op.get_type_name() == "Add" and len({len(ids) for ids in known}) == 1:
            alike.append((known[0], known[-1]))
            of[name] = known[0]
        else:
            fixed += known
    numbers = _merged(count, alike)
    free = np.ones(count, np.bool_)
    for ids in fixed:
        free[numbers[ids]] = False
    return Channels({name: numbers[ids] for name, ids in of.items()}, free)


def sources(op: ov.Node) -> list[str]:
    """Names of the operations whose results it reads, constants left out."""
    nodes = (port.get_source_output().get_node() for port in op.inputs())
    return [node.get_friendly_name() for node in nodes if node.get_type_name() != "Constant"]


def is_convolution(op: ov.Node) -> bool:
    """Of an image, all channels with all, with weights that are numbers: (made, read, height, width)."""
    return op.get_type_name() == "Convolution" and _is_constant(op, 1) and len(op.get_input_shape(1)) == 4


def is_bias(op: ov.Node) -> bool:
    """Whether it adds a number to each channel of something."""
    if op.get_type_name() != "Add" or not _is_constant(op, 1):
        return False
    shape = list(op.get_input_shape(1))
    return len(shape) == 4 and shape[0] == shape[2] == shape[3] == 1


def _is_constant(op: ov.Node, place: int) -> bool:
    return bool(op.input_value(place).get_node().get_type_name() == "Constant")


def _merged(count: int, alike: list[tuple[Ids, Ids]]) -> Ids:
    """The lowest number of all that are alike, for each."""
    numbers = np.arange(count)
    before = None
    while before is None or (numbers != before).any():
        before = numbers.copy()
        for one, other in alike:
            lowest = np.minimum(numbers[one], numbers[other])
            numbers[one] = numbers[other] = lowest
    return numbers
