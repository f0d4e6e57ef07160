"""A graph of OpenVINO's, compiled for so many pictures at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from worker.inference.graph import as_out_of_memory, core
from worker.inference.recipe import Precision


class Requests:
    """One request with all cores, or `count` of them with a part of the cores each.

    Compiled when first used, and anew after a failure: what ran out of memory once fails ever after. The graph is
    read each time. Kept, it would take its size a second time: IS-Net's 84 MB of 417.
    """

    def __init__(self, read: Callable[[], ov.Model], precision: Precision, count: int = 1) -> None:
        self._read = read
        self._options = {"PERFORMANCE_HINT": "LATENCY"} if count == 1 else {"NUM_STREAMS": str(count)}
        if precision == "f32":  # left out, OpenVINO takes bf16 where the processor has it
            self._options["INFERENCE_PRECISION_HINT"] = "f32"
        self.count = count
        self._guard = Lock()
        self._made: list[Any] = []

    @property
    def is_compiled(self) -> bool:
        """Whether it takes memory."""
        return bool(self._made)

    def compiled(self) -> list[Any]:
        """OpenVINO's requests, compiled now if need be; OutOfMemory where they do not fit."""
        with self._guard, as_out_of_memory():
            if not self._made:
                graph = core().compile_model(self._read(), "CPU", self._options)
                self._made = [graph.create_infer_request() for _ in range(self.count)]
            return self._made

    def infer(self, batch: NDArray[Any], number: int = 0) -> NDArray[Any]:
        """The output for one batch by the request of this number, which nobody else uses meanwhile."""
        with self._working() as made:
            return _inferred(made[number], batch)

    def infer_in_each(self, batch: NDArray[Any]) -> list[NDArray[Any]]:
        """What every request makes of one batch, all at once."""
        with self._working() as made, ThreadPoolExecutor(self.count) as threads:
            return list(threads.map(lambda request: _inferred(request, batch), made))

    @contextmanager
    def _working(self) -> Iterator[list[Any]]:
        made = self.compiled()
        try:
            with as_out_of_memory():
                yield made
        except BaseException:
            with self._guard:
                if self._made is made:  # another request's failure may have been noticed first
                    self._made = []
            raise


def _inferred(request: Any, batch: NDArray[Any]) -> NDArray[Any]:
    request.infer({0: batch}, share_inputs=True)
    return np.array(request.get_output_tensor(0).data)
