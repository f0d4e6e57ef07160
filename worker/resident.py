"""Things that are costly to load: each loaded once, even when several jobs want it at the same moment."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Resident(Generic[T]):
    """Loaded things by name. Thread-safe; loading one does not hold up the use of another."""

    def __init__(self, load: Callable[[str], T]) -> None:
        self._load = load
        self._loaded: dict[str, T] = {}
        self._locks: dict[str, Lock] = {}
        self._guard = Lock()

    def get(self, name: str) -> T:
        """The thing of this name, loaded now if need be; what `load` raises comes through."""
        with self._guard:
            lock = self._locks.setdefault(name, Lock())
        with lock:
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            return self._loaded[name]

    def names(self) -> tuple[str, ...]:
        """What is loaded."""
        return tuple(self._loaded)
