"""Memory of processes, as Linux counts it; pages that several share count in each."""

from collections.abc import Iterator
from pathlib import Path

_KILOBYTE = 1024
_SELF = Path("/proc/self")
_NOW, _PEAK = "VmRSS", "VmHWM"


def resident_bytes(*sessions: int) -> int:
    """What all processes of these sessions hold now, together."""
    return sum(_held(process, _NOW) for process in _processes(sessions))


def peak_bytes(*sessions: int) -> int:
    """The most that each process of these sessions held at once, added up."""
    return sum(_held(process, _PEAK) for process in _processes(sessions))


def own_resident_bytes() -> int:
    """What this process holds now."""
    return _held(_SELF, _NOW)


def own_peak_bytes() -> int:
    """The most that this process has held; not `ru_maxrss`, which it takes over from the one that started it."""
    return _held(_SELF, _PEAK)


def _processes(sessions: tuple[int, ...]) -> Iterator[Path]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # Behind the command, which may hold spaces.
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it has ended
            continue
        if int(fields[3]) in sessions:
            yield process


def _held(process: Path, what: str) -> int:
    try:
        lines = (process / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * _KILOBYTE for line in lines if line.startswith(f"{what}:"))
