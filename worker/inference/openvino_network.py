"""Networks on OpenVINO: what runs on a CPU."""

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from worker.inference.graph import as_out_of_memory, core
from worker.inference.recipe import Precision
from worker.inference.turns import Turns


class OpenVinoNetwork:
    """A compiled graph with one output."""

    def __init__(self, read: Callable[[], ov.Model], precision: Precision) -> None:
        """Read the graph and compile it; OutOfMemory where it does not fit.

        It is read again when memory has run out. Kept, it would take its size a second time: IS-Net's 84 MB of 417.
        """
        self._read = read
        self._options = {"PERFORMANCE_HINT": "LATENCY"}
        if precision == "f32":  # left out, OpenVINO takes bf16 where the processor has it
            self._options["INFERENCE_PRECISION_HINT"] = "f32"
        self._turns = Turns()
        with as_out_of_memory():
            self._request: Any = self._compiled()

    def infer(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The graph's output for one batch; calls from several threads take turns.

        Raises OutOfMemory where there is no room for it.
        """
        with self._turns.taken(), as_out_of_memory():
            request = self._request or self._compiled()
            self._request = None  # what ran out of memory once fails ever after: it is compiled anew
            request.infer({0: batch}, share_inputs=True)
            output = np.array(request.get_output_tensor(0).data)
            self._request = request
            return output

    def _compiled(self) -> Any:
        # One request: on a CPU two passes side by side take as long as one after the other, in twice the memory.
        return core().compile_model(self._read(), "CPU", self._options).create_infer_request()
