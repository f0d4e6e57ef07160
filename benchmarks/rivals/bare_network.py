"""The network alone, in a process of its own, at full load: what no service around it could beat."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from shared.catalog import CARDS, INT8
from shared.settings import load_settings
from worker.io.weights import Weights
from worker.segmentation.loading import load_segmenter


class BareNetwork:
    """One that is resident and idle until it is asked."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        assert process.stdout.readline().strip() == "ready"

    def rate(self, seconds: float) -> float:
        """Images a second over so long."""
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@contextmanager
def bare_network(model: str) -> Iterator[BareNetwork]:
    """The network of a row of the catalogue, as a worker loads it."""
    command = [sys.executable, "-m", "benchmarks.rivals.bare_network", model]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield BareNetwork(process)
        process.stdin.close()


def _serve(model: str) -> None:
    settings = load_settings()
    card = (CARDS | INT8)[model]
    segmenter = load_segmenter(card, Weights(settings.model_cache, settings.model_dir).get(card).path)
    batch = segmenter.family.prepare(np.full((1600, 1200, 3), 128, np.uint8), card)
    segmenter.network.infer(batch)
    print("ready", flush=True)
    for line in sys.stdin:
        started, count = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - started) < float(line):
            segmenter.network.infer(batch)
            count += 1
        print(count / elapsed, flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
