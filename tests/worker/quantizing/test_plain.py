"""Graphs without casts."""

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from tests.worker.quantizing.graphs import computed
from worker.quantizing.plain import in_float32


def halved():
    """A product in fp16, cast to and fro, with a size that is worked out from another."""
    photo = ops.parameter([1, 2, 4, 4], np.float32, "photo")
    small = ops.multiply(ops.convert(photo, "f16"), ops.constant(np.array([0.1], np.float16)))
    wide = ops.convert(small, "f32")
    size = ops.gather(ops.shape_of(wide), ops.constant([2, 3]), ops.constant(0))
    twice = ops.interpolate(wide, ops.multiply(size, ops.constant([2, 2])), "nearest", "sizes", axes=[2, 3])
    matte = ops.convert(ops.convert(twice, "f16"), "f32")
    matte.output(0).set_names({"matte"})
    return ov.Model([matte], [photo], "halved")


def kinds(graph):
    return {op.get_type_name() for op in graph.get_ordered_ops()}


def test_casts_and_sizes_are_gone_and_the_result_is_the_same():
    photo = np.random.default_rng(1).random((1, 2, 4, 4), np.float32)
    expected = computed(halved(), photo)
    graph = in_float32(halved())
    assert "ShapeOf" in kinds(halved()) and "ShapeOf" not in kinds(graph)
    assert sum(op.get_type_name() == "Convert" for op in graph.get_ops()) == 1  # the last, which has the name
    assert {
        str(op.get_output_element_type(0)) for op in graph.get_ops() if op.get_type_name() != "Result"
    } <= {
        "<Type: 'float32'>",
        "<Type: 'int64_t'>",
        "<Type: 'int32_t'>",
    }
    assert graph.output(0).get_names() == {"matte"}
    np.testing.assert_array_equal(computed(graph, photo), expected)


def test_a_cast_that_is_not_of_floats_stays():
    photo = ops.parameter([1, 4], np.uint8, "photo")
    graph = in_float32(ov.Model([ops.relu(ops.convert(photo, "f32"))], [photo], "bytes"))
    assert "Convert" in kinds(graph)
