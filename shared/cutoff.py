"""A moment after which sockets are shut: the total time limit that a timeout per read cannot give.

A server that sends one byte every few seconds, in its TLS handshake, its headers or its body, never runs
into a timeout per read.
"""

import socket
import time
from contextlib import suppress
from threading import Lock, Timer
from typing import Self


class Cutoff:
    """Shuts every socket it watches when its seconds are over; a context manager.

    Whoever reads such a socket gets an error or an early end, and asks `is_over` why. Resolving a name is not
    a socket of ours: the resolver's own time-out (some seconds) comes on top.
    """

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._lock = Lock()
        self._watched: list[socket.socket] = []
        self._timer = Timer(seconds, self._shut)
        self._timer.daemon = True

    @property
    def is_over(self) -> bool:
        """Whether the time has passed."""
        return time.monotonic() >= self._ends_at

    def watch(self, connection: socket.socket) -> None:
        """Shut this socket, too, when the time is over."""
        with self._lock:
            # A duplicate, because TLS takes the descriptor out of the socket that it wraps.
            self._watched.append(connection.dup())
        if self.is_over:
            self._shut()

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._watched:
                connection.close()
            self._watched.clear()

    def _shut(self) -> None:
        with self._lock:
            for connection in self._watched:
                with suppress(OSError):  # the other side was quicker
                    connection.shutdown(socket.SHUT_RDWR)
