"""Which steps may run side by side in this process: all but those that may have killed a worker before."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Company:
    """Steps run together; a suspect waits until all others have left, and runs alone.

    So a picture that kills its worker takes every other job along once at most: the next time it dies alone.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._together = 0
        self._suspects = 0
        """Those that run alone, or wait to: while there are any, nobody else begins."""
        self._is_alone = False

    @contextmanager
    def together(self) -> Iterator[None]:
        """Run beside others."""
        with self._changed:
            self._changed.wait_for(lambda: not self._suspects)
            self._together += 1
        try:
            yield
        finally:
            with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Run while nothing else does."""
        with self._changed:
            self._suspects += 1
            self._changed.wait_for(lambda: not self._together and not self._is_alone)
            self._is_alone = True
        try:
            yield
        finally:
            with self._changed:
                self._suspects -= 1
                self._is_alone = False
                self._changed.notify_all()
