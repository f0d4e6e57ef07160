"""Networks on OpenVINO: what runs on a CPU."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import structlog
from numpy.typing import NDArray

from shared.errors import OutOfMemory
from worker.inference.graph import core
from worker.inference.openvino_requests import Requests
from worker.inference.rates import Pass, Rates, measure
from worker.inference.rates_file import kept_rates
from worker.inference.recipe import Precision
from worker.inference.shares import WHOLE, Shares
from worker.inference.turns import LAST, ranked

_log = structlog.get_logger(__name__)


class OpenVinoNetwork:
    """A graph with one output: one picture on all cores, or once it is tuned several side by side.

    Both give the same result bit for bit, or it stays at one: what a job gets must not depend on who else is there.
    """

    def __init__(self, read: Callable[[], ov.Model], precision: Precision, max_batch: int = 1) -> None:
        """Compile the graph for one picture; OutOfMemory where it does not fit. `read` may be called again."""
        self._read = read
        self._precision = precision
        self._most = min(max_batch, _cores())
        self._shares = Shares()
        self._whole = Requests(read, precision)
        self._streams = Requests(read, precision, self._most)
        self._whole.compiled()

    @property
    def copies(self) -> float:
        """How often its memory is taken. IS-Net: 520 MB alone, 1110 once it has run two pictures side by side."""
        return 1 + (self._streams.count + 3) / 4 * self._streams.is_compiled

    def infer(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The graph's output for one batch; callers from several threads take turns, or run side by side.

        Raises OutOfMemory where there is no room for it.
        """
        with self._shares.taken() as share:
            if share == WHOLE:
                return self._whole.infer(batch)
            try:
                return self._streams.infer(batch, share)
            except OutOfMemory:
                _log.warning("streams_given_up", reason="no memory for several pictures side by side")
                self._shares.divide(1)
        return self.infer(batch)

    def tune(self, weights: Path) -> None:
        """Find out how many pictures side by side are worth it, or read what was found before.

        Up to 20 s of passes, each behind the jobs that wait. What several need is compiled when they first come.
        """
        if self._most < 2 or self._input().partial_shape.is_dynamic:
            return  # of a size that changes neither the time nor the results can be foretold
        rates = kept_rates(weights, self._conditions(), self._measured)
        count = rates.best
        if count > 1:
            self._streams = Requests(self._read, self._precision, count)
            self._shares.divide(count, rates.fewest(count))
        _log.info("network_tuned", weights=weights.name, streams=count, **{"rates": dict(rates.by_count)})

    def _measured(self) -> Rates:
        probe = self._probe()
        (alone,), _ = self._timed(self._whole, probe)

        def prepare(count: int) -> Pass | None:
            requests = self._whole if count == 1 else Requests(self._read, self._precision, count)
            requests.compiled()  # before its turn: nobody shall wait for this
            outputs, _ = self._timed(requests, probe)
            if any(output.tobytes() != alone.tobytes() for output in outputs):
                _log.info("streams_differ", streams=count)  # by how many threads a sum of floats is cut up
                return None
            return lambda: self._timed(requests, probe)[1]

        return measure(self._most, prepare)

    def _timed(self, requests: Requests, probe: NDArray[Any]) -> tuple[list[NDArray[Any]], float]:
        """What every request makes of the probe, and the seconds it took once nobody else waited."""
        with ranked(LAST), self._shares.taken():
            started = time.perf_counter()
            outputs = requests.infer_in_each(probe)
            return outputs, time.perf_counter() - started

    def _probe(self) -> NDArray[Any]:
        """Noise: it takes as long as a photo, and leaves no sum unchanged whose order has changed."""
        wanted = self._input()
        shape, kind = tuple(wanted.shape), wanted.element_type.to_dtype()
        return np.random.default_rng(0).uniform(0, 256 if kind == np.uint8 else 1, shape).astype(kind)

    def _input(self) -> Any:
        return self._whole.compiled()[0].get_compiled_model().input(0)

    def _conditions(self) -> dict[str, str]:
        return {
            "device": core().get_property("CPU", "FULL_DEVICE_NAME"),
            "cores": str(_cores()),
            "openvino": ov.__version__,
            "precision": self._precision,
            "most": str(self._most),
        }


def _cores() -> int:
    return len(os.sched_getaffinity(0))
