"""Loaded models within a budget of memory: each loaded once, the least recently used leaves first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, Protocol, TypeVar

import structlog

from shared.errors import OutOfMemory

_log = structlog.get_logger(__name__)


class Parkable(Protocol):
    """A model that may be able to wait in the host's memory."""

    @property
    def copies(self) -> float:
        """How often its memory is taken by now: what runs several pictures at once takes more than was said of it."""

    def park(self) -> bool:
        """Leave the device for the host, to come back when used; False where that is the same memory."""


P = TypeVar("P", bound=Parkable)


@dataclass(slots=True)
class _Kept(Generic[P]):
    model: P
    megabytes: int
    is_parked: bool = False

    @property
    def taken_megabytes(self) -> float:
        return self.megabytes * self.model.copies


class Pool(Generic[P]):
    """Models by key. Thread-safe; loading one does not hold up the use of another.

    Nothing here ever fails for want of room: a model larger than the budget is loaded all the same, alone. What
    leaves the device is parked, or dropped where it cannot be or the host's budget is full too; whoever still works
    with it keeps it until the end of the work.
    """

    def __init__(self, megabytes: int, host_megabytes: int = 0) -> None:
        """Budgets of the device and, for parked models, of the host."""
        self._megabytes = megabytes
        self._host_megabytes = host_megabytes
        self._kept: OrderedDict[Hashable, _Kept[P]] = OrderedDict()
        self._loading: dict[Hashable, Lock] = {}
        self._guard = Lock()

    def get(self, key: Hashable, megabytes: int, load: Callable[[], P]) -> P:
        """The model of this key, loaded now if need be; what `load` raises comes through."""
        with self._guard:
            lock = self._loading.setdefault(key, Lock())
        with lock:
            kept = self._used(key)
            if kept is None:
                self._make_room(megabytes)
                kept = _Kept(self._loaded(load), megabytes)
                with self._guard:
                    self._kept[key] = kept
            self._make_room(0)
            return kept.model

    def keys(self, *, parked: bool = False) -> tuple[Hashable, ...]:
        """What is on the device, or parked; the least recently used first."""
        with self._guard:
            return tuple(key for key, kept in self._kept.items() if kept.is_parked == parked)

    def _loaded(self, load: Callable[[], P]) -> P:
        """What `load` gives; where memory does not suffice for it, everything else leaves first."""
        try:
            return load()
        except OutOfMemory:
            self._make_room(self._megabytes + 1)
            return load()

    def _used(self, key: Hashable) -> _Kept[P] | None:
        with self._guard:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                kept.is_parked = False  # it comes back by itself
            return kept

    def _make_room(self, megabytes: int) -> None:
        """Let go from the least recently used on until so much is free; 0: keep to the budget, and the last used."""
        while (found := self._next_to_leave(megabytes)) is not None:
            key, kept = found
            parked = kept.model.park()
            with self._guard:
                if not parked:
                    self._kept.pop(key, None)
            _log.info("model_left", model=str(key), parked=parked)
        self._keep_to_host_budget()

    def _next_to_leave(self, megabytes: int) -> tuple[Hashable, _Kept[P]] | None:
        with self._guard:
            here = [(key, kept) for key, kept in self._kept.items() if not kept.is_parked]
            taken = sum(kept.taken_megabytes for _, kept in here)
            if not here or taken + megabytes <= self._megabytes or (not megabytes and len(here) == 1):
                return None
            here[0][1].is_parked = True  # nobody else shall choose it
            return here[0]

    def _keep_to_host_budget(self) -> None:
        with self._guard:
            parked = [(key, kept.megabytes) for key, kept in self._kept.items() if kept.is_parked]
            over = sum(megabytes for _, megabytes in parked) - self._host_megabytes
            for key, megabytes in parked:
                if over <= 0:
                    return
                del self._kept[key]
                over -= megabytes
