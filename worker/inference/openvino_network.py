"""Networks on OpenVINO: what runs on a CPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from shared.errors import OutOfMemory
from worker.inference.graph import core
from worker.inference.recipe import Precision
from worker.inference.turns import Turns


class OpenVinoNetwork:
    """A compiled graph with one output."""

    def __init__(self, graph: ov.Model, precision: Precision) -> None:
        """Compile it; OutOfMemory where it does not fit."""
        self._graph = graph
        self._options = {"PERFORMANCE_HINT": "LATENCY"}
        if precision == "f32":  # left out, OpenVINO takes bf16 where the processor has it
            self._options["INFERENCE_PRECISION_HINT"] = "f32"
        self._turns = Turns()
        with _as_out_of_memory():
            self._request: Any = self._compiled()

    def infer(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The graph's output for one batch; calls from several threads take turns.

        Raises OutOfMemory where there is no room for it.
        """
        with self._turns.taken(), _as_out_of_memory():
            request = self._request or self._compiled()
            self._request = None  # what ran out of memory once fails ever after: it is compiled anew
            request.infer({0: batch}, share_inputs=True)
            output = np.array(request.get_output_tensor(0).data)
            self._request = request
            return output

    def _compiled(self) -> Any:
        # One request: on a CPU two passes side by side take as long as one after the other, in twice the memory.
        return core().compile_model(self._graph, "CPU", self._options).create_infer_request()


@contextmanager
def _as_out_of_memory() -> Iterator[None]:
    try:
        yield
    except RuntimeError as exc:  # OpenVINO raises nothing narrower
        if "Failed to allocate" not in str(exc) and "bad_alloc" not in str(exc):
            raise
        raise OutOfMemory("the worker has no memory left for this network") from exc
