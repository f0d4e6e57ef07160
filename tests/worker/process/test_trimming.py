"""A worker's threads share one heap, which is what can be trimmed as a whole."""

import subprocess
import sys

import pytest

from shared import heap

# glibc itself says on stderr how many heaps there are.
_THREADS = """
import ctypes, sys
from threading import Barrier, Thread
from worker.process.trimming import trim_worker

if sys.argv[1] == "worker":
    trim_worker()
together = Barrier(4)

def work():
    together.wait()
    kept = [b"x" * 100_000 for _ in range(100)]
    together.wait()

threads = [Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
ctypes.CDLL(None).malloc_stats()
"""


def heaps(who: str) -> int:
    command = [sys.executable, "-c", _THREADS, who]
    found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return found.stderr.count("Arena ")


@pytest.mark.skipif(not heap.give_back(), reason="only glibc gives each thread a heap of its own")
def test_threads_of_a_worker_share_one_heap():
    assert heaps("other") > 1
    assert heaps("worker") == 1
