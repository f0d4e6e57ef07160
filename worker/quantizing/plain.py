"""A graph in float32 throughout, as quantising wants it."""

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from openvino.passes import ConstantFolding, Manager


def in_float32(graph: ov.Model) -> ov.Model:
    """The graph itself, with its fp16 numbers widened, without casts, its shapes worked out; it computes the same.

    What lies between two casts would be quantised on its own, and the scales on both sides of them would differ.
    """
    for op in graph.get_ordered_ops():
        if op.get_type_name() == "Constant" and op.get_element_type() == ov.Type.f16:
            op.output(0).replace(ops.constant(op.data.astype(np.float32)).output(0))
    _without_casts(graph, to=ov.Type.f16)
    _without_casts(graph, to=ov.Type.f32)  # those that undid the others: now from float32 to float32
    folding = Manager()
    folding.register_pass(ConstantFolding())
    folding.run_passes(graph)
    return graph


def _without_casts(graph: ov.Model, to: ov.Type) -> None:
    floats = (ov.Type.f16, ov.Type.f32)
    for op in graph.get_ordered_ops():
        if op.get_type_name() != "Convert" or op.get_output_element_type(0) != to:
            continue
        is_last = any(
            port.get_node().get_type_name() == "Result" for port in op.output(0).get_target_inputs()
        )
        if op.get_input_element_type(0) in floats and not is_last:  # the last one carries the output's name
            op.output(0).replace(op.input_value(0))
    graph.validate_nodes_and_infer_types()
