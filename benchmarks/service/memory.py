"""Memory of process groups, as Linux counts it."""

from collections.abc import Iterator
from pathlib import Path

_KILOBYTE = 1024


def peak_bytes(*sessions: int) -> int:
    """The most that each process of these sessions held at once, added up; shared pages count in each."""
    return sum(_peak_of(process) for process in _processes(sessions))


def _processes(sessions: tuple[int, ...]) -> Iterator[Path]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[3]) in sessions:
            yield process


def _peak_of(process: Path) -> int:
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * _KILOBYTE for line in lines if line.startswith("VmHWM:"))
