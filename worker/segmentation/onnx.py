"""ONNX files of segmentation networks: one output, bytes in, a matte out, all inside the graph."""

from pathlib import Path
from typing import Any

import openvino as ov
from openvino import opset13 as ops
from openvino.preprocess import PrePostProcessor
from openvino.utils.decorators import custom_preprocess_function

from shared.errors import ModelUnavailable
from worker.inference.graph import as_out_of_memory, core
from worker.segmentation.family import Finish, Levels


def read_onnx(path: Path, levels: Levels, finish: Finish, *, floats: bool = False) -> ov.Model:
    """The graph from (1, H, W, 3) of 0..255 to (1, 1, H, W). Raises ModelUnavailable for a damaged file.

    The side outputs are pruned: measured on IS-Net at 1024², 0.361 s against 0.493 s with all of them.
    """
    try:
        with as_out_of_memory():
            graph = core().read_model(path)
    except RuntimeError as exc:  # OpenVINO raises nothing narrower
        raise ModelUnavailable("the ONNX file cannot be read") from exc
    first = ov.Model([graph.output(0)], graph.get_parameters(), graph.get_friendly_name())
    return _dressed(first, levels, finish, ov.Type.f32 if floats else ov.Type.u8)


def _dressed(graph: ov.Model, levels: Levels, finish: Finish, given: ov.Type) -> ov.Model:
    steps = PrePostProcessor(graph)
    steps.input().tensor().set_element_type(given).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    change = steps.input().preprocess().convert_element_type(ov.Type.f32)
    if levels.by_brightest:
        change = change.custom(_brightened)
    change.mean([255 * value for value in levels.mean]).scale([255 * value for value in levels.deviation])
    if finish == "sigmoid":
        steps.output().postprocess().custom(_sigmoid)
    steps.output().tensor().set_element_type(ov.Type.f32)
    return steps.build()


@custom_preprocess_function  # type: ignore[untyped-decorator]
def _brightened(output: ov.Output) -> Any:
    """Scaled so that the largest value is 255; black stays black."""
    axes = ops.constant([1, 2, 3], ov.Type.i64)
    most = ops.maximum(ops.reduce_max(output, axes, keep_dims=True), ops.constant(1.0, ov.Type.f32))
    return ops.multiply(output, ops.divide(ops.constant(255.0, ov.Type.f32), most))


@custom_preprocess_function  # type: ignore[untyped-decorator]
def _sigmoid(output: ov.Output) -> Any:
    return ops.sigmoid(output)
