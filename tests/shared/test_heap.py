"""Freed memory goes back to the system, and threads can be kept to one heap."""

import subprocess
import sys

import pytest

from shared import heap

glibc = pytest.mark.skipif(
    not heap.give_back(), reason="only glibc keeps what is freed, and can be asked for it"
)

# Blocks too small to be mapped one by one, freed but for the last: glibc keeps them all.
_FREED = """
from pathlib import Path
from shared import heap

def resident_megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

before = resident_megabytes()
kept = [b"x" * (100_000 + n) for n in range(1000)]
del kept[:-1]
held = resident_megabytes() - before
assert heap.give_back()
print(held, resident_megabytes() - before)
"""
# glibc itself says on stderr how many heaps there are.
_THREADS = """
import ctypes, sys
from threading import Barrier, Thread
from shared import heap

if sys.argv[1] == "one":
    assert heap.keep_one()
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


def run(program: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)


@glibc
def test_freed_memory_is_given_back():
    held, left = map(float, run(_FREED).stdout.split())
    assert held > 80
    assert left < 10


@glibc
def test_threads_share_one_heap_where_they_are_told_to():
    assert run(_THREADS, "one").stderr.count("Arena ") == 1
    assert run(_THREADS, "each").stderr.count("Arena ") > 1


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_nothing_is_asked(monkeypatch, platform):
    monkeypatch.setattr(heap.sys, "platform", platform)
    assert not heap.give_back()
    assert not heap.keep_one()


def test_a_library_that_cannot_is_left_alone(monkeypatch):
    monkeypatch.setattr(heap.sys, "platform", "linux")
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda name: object())
    assert not heap.give_back()
    assert not heap.keep_one()
