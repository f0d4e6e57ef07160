"""A segmentation network of five small convolutions as an ONNX file, written byte by byte."""

from itertools import pairwise

import numpy as np

from tests.worker.segmentation.test_onnx import attribute, field, tensor, varint

CHANNELS = (3, 8, 8, 8, 8, 1)


def tiny_onnx(side, seed=0):
    """The bytes of a file from (1, 3, side, side) to a matte (1, 1, side, side)."""
    random = np.random.default_rng(seed)
    nodes, weights, came = b"", b"", "x"
    for place, (given, made) in enumerate(pairwise(CHANNELS)):
        # A blur with some noise: the matte of a bright thing on black is that thing.
        kernel = np.full((made, given, 3, 3), 1 / (9 * given)) + random.normal(0, 0.02, (made, given, 3, 3))
        weights += _initializer(f"w{place}", kernel * (8 if place == 4 else 1.3))
        weights += _initializer(f"b{place}", np.full(made, -0.3 if place == 4 else 0.1))
        convolved = f"c{place}"
        nodes += _node("Conv", (came, f"w{place}", f"b{place}"), convolved, _integers("pads", 1, 1, 1, 1))
        came = "matte" if place == 4 else f"r{place}"
        nodes += _node("Sigmoid" if place == 4 else "Relu", (convolved,), came)
    graph = nodes + field(2, "g") + weights + field(11, tensor("x", 1, 3, side, side))
    graph += field(12, tensor("matte", 1, 1, side, side))
    return field(1, 7) + field(7, graph) + field(8, field(1, "") + field(2, 11))


def _node(kind, inputs, output, attributes=b""):
    given = b"".join(field(1, name) for name in inputs)
    return field(1, given + field(2, output) + field(3, output) + field(4, kind) + attributes)


def _integers(name, *values):
    return attribute(name, 7, b"".join(field(8, value) for value in values))


def _initializer(name, values):
    data = np.asarray(values, "<f4")
    dims = b"".join(varint(1 << 3) + varint(dim) for dim in data.shape)
    return field(5, dims + field(2, 1) + field(8, name) + field(9, data.tobytes()))
