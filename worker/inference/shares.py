"""Who comes next at a device that takes one picture with all it has, or several side by side with a share each.

One picture cannot keep all cores busy: at the end of each layer they wait for the slowest, or for the one that other
work has taken. Side by side nobody waits for another, so more are done in a second, but each takes longer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heappop, heappush
from threading import Condition

from worker.inference.turns import Place, place

WHOLE = -1
"""The share of whoever has the device to himself."""


@dataclass(slots=True, eq=False)
class _Caller:
    share: int | None = None


class Shares:
    """A device that one caller has whole; once it is divided, several may have a share each, but never both at once.

    It goes whole to whoever finds fewer than `fewest` there, himself among them, and to whoever is of a lower rank
    than everybody else: an interactive job among bulk ones waits for what has begun, and then has all cores.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: list[tuple[Place, _Caller]] = []
        self._ranks: dict[int, int] = {}  # by share that is taken
        self._count = 1
        self._fewest = 2

    def divide(self, count: int, fewest: int = 2) -> None:
        """Into so many shares, used where at least `fewest` callers are there. Who runs now is not disturbed."""
        with self._changed:
            self._count, self._fewest = count, fewest
            self._admit()

    @contextmanager
    def taken(self) -> Iterator[int]:
        """Hold a share, 0 to `count` - 1, or WHOLE. The lowest rank goes first, and of those the first to come."""
        mine, caller = place(), _Caller()
        with self._changed:
            heappush(self._waiting, (mine, caller))
            self._admit()
            self._changed.wait_for(lambda: caller.share is not None)
        share = WHOLE if caller.share is None else caller.share
        try:
            yield share
        finally:
            with self._changed:
                del self._ranks[share]
                self._admit()

    def _admit(self) -> None:
        """Let go who may; called whenever somebody has come or gone."""
        while self._waiting and (share := self._share_of_the_first()) is not None:
            (rank, _), caller = heappop(self._waiting)
            caller.share = share
            self._ranks[share] = rank
        self._changed.notify_all()

    def _share_of_the_first(self) -> int | None:
        if self._first_goes_whole():
            return None if self._ranks else WHOLE
        if WHOLE in self._ranks:
            return None
        return next((share for share in range(self._count) if share not in self._ranks), None)

    def _first_goes_whole(self) -> bool:
        (first, _), _ = self._waiting[0]
        others = [*self._ranks.values(), *(rank for (rank, _), _ in self._waiting[1:])]
        is_divided = self._count > 1 and len(others) + 1 >= self._fewest
        return not is_divided or all(first < rank for rank in others)
