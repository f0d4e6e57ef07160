"""Who comes next at a device that serves one pass at a time: interactive jobs before bulk, then by arrival.

A worker's threads queue here. In order of arrival alone, a phone's photo would wait for a bulk job in every other
thread.
"""

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from heapq import heappop, heappush
from threading import Condition

Place = tuple[int, int]
"""Rank, then arrival: the smallest is next."""

LAST = sys.maxsize
"""The rank of what may wait for everything else."""

_rank: ContextVar[int] = ContextVar("rank", default=0)
_arrivals = itertools.count()


@contextmanager
def ranked(rank: int) -> Iterator[None]:
    """Let what this thread asks of any device meanwhile have this rank; the lower goes first."""
    before = _rank.set(rank)
    try:
        yield
    finally:
        _rank.reset(before)


def place() -> Place:
    """A place in the queue, behind all of the same rank that have one."""
    return _rank.get(), next(_arrivals)


class Turns:
    """A lock whose next holder is the one of the lowest rank that waits, and of those the first to come."""

    def __init__(self, places: int = 1) -> None:
        """`places`: how many may hold it at once."""
        self._changed = Condition()
        self._waiting: list[Place] = []
        self._free = places

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold it."""
        mine = place()
        with self._changed:
            heappush(self._waiting, mine)
            self._changed.wait_for(lambda: self._free > 0 and self._waiting[0] == mine)
            heappop(self._waiting)
            self._free -= 1
            if self._free:
                self._changed.notify_all()  # the next one may have looked before this one had gone in
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()
