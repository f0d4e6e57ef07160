"""What is measured of a network on a device: rates by batch and way; leaving it and coming back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import torch

from benchmarks.gpu.peak import share
from benchmarks.gpu.rate import rate, timed
from benchmarks.models import Subject, cost, keep_weights
from benchmarks.publishing.report import Row
from shared.errors import OutOfMemory
from worker.inference.device.accelerator import Accelerator
from worker.inference.device.network import AT_ONCE, TorchNetwork
from worker.inference.recipe import Passes
from worker.inference.torch_network import load

FLOAT32 = "float32"
"""The baseline: torch call by call in float32, one pass at a time."""
WAYS: dict[str, Passes] = {
    FLOAT32: "eager",
    "eager": "eager",
    "recorded": "recorded",
    "compiled": "compiled",
}
_ROUNDS = 5


@dataclass(frozen=True)
class Bench:
    """A device, how fast its matrix units are, and how long each rate is measured."""

    accelerator: Accelerator
    peak_teraflops: float | None
    matmul_teraflops: float
    seconds: float

    def network(self, subject: Subject, way: str) -> TorchNetwork:
        """On the device, with seeded weights."""
        keep_weights(subject)
        recipe = replace(subject.recipe, on_cuda="f32") if way == FLOAT32 else subject.recipe
        return TorchNetwork(recipe, load(recipe, subject.weights), self.accelerator, WAYS[way])

    def rates(self, subject: Subject, way: str, batches: list[int]) -> Iterator[Row]:
        """A row for each batch size, up to what fits into memory."""
        exact = self._exact(subject)  # first: its network shall not be in memory any more
        network = self.network(subject, way)
        operations = cost(subject)[1]
        for count in batches:
            batch = np.repeat(subject.batch(), count, axis=0)
            self._forget_peak()
            try:
                callers = 1 if way == FLOAT32 else AT_ONCE
                passes = rate(lambda batch=batch: network.infer(batch), self.seconds, callers)
                gaps = np.abs(network.infer(batch)[0].astype(np.float32) - exact) / subject.largest
            except OutOfMemory:
                return
            yield {
                "model": subject.name,
                "way": way,
                "batch": count,
                "images/s": passes * count,
                "ms an image": 1000 / (passes * count),
                "GFLOP": operations / 1e9,
                "of the peak": self._of(self.peak_teraflops, passes * count, operations),
                "of a matrix product": self._of(self.matmul_teraflops, passes * count, operations),
                "peak MB": self._peak_bytes() >> 20,
                "mean diff": float(gaps.mean()),
                "max diff": float(gaps.max()),
            }

    def parking(self, subject: Subject, way: str) -> Row:
        """Seconds to leave the device and to be ready again, from its host's memory and from disk; medians."""
        batch, disk, out, back, warm = subject.batch(), [], [], [], []
        for _ in range(_ROUNDS):
            network: TorchNetwork
            disk.append(timed(lambda: self.network(subject, way).infer(batch)))
            network = self.network(subject, way)
            network.infer(batch)
            warm.append(timed(lambda network=network: network.infer(batch)))
            out.append(timed(network.park))
            back.append(timed(lambda network=network: network.infer(batch)))
        ready = [median(seconds) - median(warm) for seconds in (disk, back)]
        return {
            "model": subject.name,
            "way": way,
            "disk s": ready[0],
            "out s": median(out),
            "back s": ready[1],
            "times": ready[0] / max(ready[1], 1e-6),
        }

    def _exact(self, subject: Subject) -> np.ndarray:
        return self.network(subject, FLOAT32).infer(subject.batch())[0].astype(np.float32)

    def _forget_peak(self) -> None:
        if self.accelerator.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()

    def _peak_bytes(self) -> int:
        return torch.cuda.max_memory_allocated() if self.accelerator.device.type == "cuda" else 0

    @staticmethod
    def _of(peak_teraflops: float | None, images_per_second: float, operations: int) -> float | str:
        return share(images_per_second, operations, peak_teraflops) if peak_teraflops else "unknown GPU"
