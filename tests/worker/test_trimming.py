"""What was freed goes back to the system."""

import subprocess
import sys

import pytest

from worker import trimming

# Blocks too small to be mapped one by one, freed but for the last: glibc keeps them all.
_FREED = """
from pathlib import Path
from worker.trimming import trim

def resident_megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

before = resident_megabytes()
kept = [b"x" * (100_000 + n) for n in range(1000)]
del kept[:-1]
held = resident_megabytes() - before
assert trim()
print(held, resident_megabytes() - before)
"""


@pytest.mark.skipif(not trimming.trim(), reason="only glibc keeps what is freed, and can be asked for it")
def test_freed_memory_is_given_back():
    said = subprocess.run(
        [sys.executable, "-c", _FREED], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    held, left = map(float, said.split())
    assert held > 80
    assert left < 10


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_nothing_is_asked(monkeypatch, platform):
    monkeypatch.setattr(trimming.sys, "platform", platform)
    assert not trimming.trim()


def test_a_library_that_cannot_is_left_alone(monkeypatch):
    monkeypatch.setattr(trimming.sys, "platform", "linux")
    monkeypatch.setattr(trimming.ctypes, "CDLL", lambda name: object())
    assert not trimming.trim()
