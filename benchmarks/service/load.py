"""A client that costs next to nothing, so that what is measured is the server beside it."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one round has shown."""

    rate: float
    """Answers a second."""
    latencies_ms: tuple[float, ...]
    cpu_ms: float = 0.0
    """Of the servers, for each answer."""


@dataclass(frozen=True, slots=True)
class Load:
    """So many connections, each of which asks again as soon as it is answered."""

    connections: int
    seconds: float

    def run(self, port: int, request: bytes, expected_status: int) -> Reading:
        """One round of a request, head and body. Raises AssertionError for an answer of another status."""
        with ThreadPoolExecutor(self.connections) as threads:
            started = time.perf_counter()
            each = [
                threads.submit(_ask, port, request, expected_status, started + self.seconds)
                for _ in range(self.connections)
            ]
            latencies = [latency for one in each for latency in one.result()]
            elapsed = time.perf_counter() - started
        return Reading(len(latencies) / elapsed, tuple(latencies))


def _ask(port: int, request: bytes, expected_status: int, ends_at: float) -> list[float]:
    """Milliseconds of each answer."""
    latencies = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.perf_counter() < ends_at:
            started = time.perf_counter()
            connection.sendall(request)
            status = _answer(connection)
            latencies.append((time.perf_counter() - started) * 1000)
            assert status == expected_status, status
    return latencies


def _answer(connection: socket.socket) -> int:
    """The status of an answer whose body has been read to its end."""
    received = b""
    while _HEAD_END not in received:
        chunk = connection.recv(65_536)
        assert chunk, "the server hung up"
        received += chunk
    head, _, body = received.partition(_HEAD_END)
    left = _content_length(head) - len(body)
    while left > 0:
        left -= len(connection.recv(65_536))
    return int(head[9:12])


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0
