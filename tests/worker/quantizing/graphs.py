"""A small network with all that IS-Net has: a residual block, a way across and one down and up again."""

import numpy as np
import openvino as ov
from openvino import opset13 as ops

SIDE = 16
CHANNELS = 4


def block(seed=0, spread=1.0):
    """(1, 3, 16, 16) to (1, 1, 16, 16); `spread` is how much larger each channel is than the one before it."""
    random = np.random.default_rng(seed)
    photo = ops.parameter([1, 3, SIDE, SIDE], np.float32, "photo")
    into = convolved(photo, "into", random, spread=spread)
    across = convolved(into, "across", random, spread=spread)
    low = ops.max_pool(across, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2])
    low = convolved(low.output(0), "low", random, spread=spread)
    up = ops.interpolate(low, [SIDE, SIDE], "linear_onnx", "sizes", axes=[2, 3])
    both = ops.concat([up, across], 1)
    inside = convolved(both, "inside", random, spread=spread)
    total = ops.add(inside, into)
    total.set_friendly_name("total")
    matte = ops.sigmoid(convolved(total, "matte", random, made=1, relu=False))
    return ov.Model([matte], [photo], "block")


def convolved(given, name, random, *, made=CHANNELS, relu=True, spread=1.0):
    """A 3×3 convolution with a bias."""
    read = given.get_output_shape(0)[1] if isinstance(given, ov.Node) else given.get_shape()[1]
    larger = spread ** np.arange(made).reshape(-1, 1, 1, 1)
    weights = random.normal(0.05, 0.2, (made, read, 3, 3)) * larger
    result = ops.convolution(given, ops.constant(weights.astype(np.float32)), [1, 1], [1, 1], [1, 1], [1, 1])
    result.set_friendly_name(f"{name}/convolution")
    bias = random.normal(0, 0.1, (1, made, 1, 1)) * larger.reshape(1, -1, 1, 1)
    result = ops.add(result, ops.constant(bias.astype(np.float32)))
    result.set_friendly_name(name)
    if not relu:
        return result
    result = ops.relu(result)
    result.set_friendly_name(f"{name}/relu")
    return result


def photos(count=3):
    random = np.random.default_rng(5)
    return [random.random((1, 3, SIDE, SIDE), np.float32) for _ in range(count)]


def computed(graph, photo):
    """In 32 bits."""
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    return ov.Core().compile_model(graph, "CPU", exact)({0: photo})[0]
