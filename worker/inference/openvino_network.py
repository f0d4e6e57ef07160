"""Networks on OpenVINO: what runs on a CPU."""

from threading import Lock
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from worker.inference.graph import core
from worker.inference.recipe import Precision


class OpenVinoNetwork:
    """A compiled graph with one output."""

    def __init__(self, graph: ov.Model, precision: Precision) -> None:
        options = {"PERFORMANCE_HINT": "LATENCY"}
        if precision == "f32":  # left out, OpenVINO takes bf16 where the processor has it
            options["INFERENCE_PRECISION_HINT"] = "f32"
        # One request: on a CPU two passes side by side take as long as one after the other, in twice the memory.
        self._request = core().compile_model(graph, "CPU", options).create_infer_request()
        self._turn = Lock()

    def infer(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The graph's output for one batch; calls from several threads take turns."""
        with self._turn:
            self._request.infer({0: batch}, share_inputs=True)
            return np.array(self._request.get_output_tensor(0).data)
