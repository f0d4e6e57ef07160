"""gunicorn with our settings, before a request reaches the application."""

import os
import runpy
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import free_port

_ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The real server; Redis is not there, which `/healthz` does not mind."""
    port = free_port()
    own = {"CUTROOM_PORT": str(port), "CUTROOM_API_PROCESSES": "1"}
    own["CUTROOM_DATA_DIR"] = str(tmp_path_factory.mktemp("data"))
    command = [sys.executable, "-m", "gunicorn", "--config", "api/gunicorn.conf.py", "api.wsgi:app"]
    process = subprocess.Popen(command, cwd=_ROOT, env=os.environ | own, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200:
                    break
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def said(port: int, request: bytes) -> bytes:
    """The first line that is answered; empty when the connection is simply closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with suppress(OSError):
            connection.sendall(request)
        with suppress(ConnectionResetError):
            return connection.recv(65_536).partition(b"\r\n")[0]
    return b""


HOST = b"Host: a\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    "request_text",
    [
        b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: a\r\n" % n for n in range(300)) + b"\r\n",
        b"GET /healthz HTTP/1.1\r\n" + HOST + b"X\x00: a\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 1, 2\r\n\r\n",
        b"POST /v1/jobs HTTP/1.1\r\n"
        + HOST
        + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/jobs HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
)
def test_a_request_that_is_none_is_refused(server, request_text):
    line = said(server, request_text)
    assert not line or line.split()[1] in {b"400", b"414", b"431", b"415", b"501"}
    assert httpx.get(f"http://127.0.0.1:{server}/healthz", timeout=10).status_code == 200


def test_a_header_cannot_be_split_by_what_we_repeat(server):
    wild = b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-Request-ID: a%0d%0aSet-Cookie: b\r\n\r\n"
    assert said(server, wild) == b"HTTP/1.1 200 OK"


def test_the_version_of_the_server_is_not_told(server):
    assert "gunicorn/" not in httpx.get(f"http://127.0.0.1:{server}/healthz", timeout=10).headers["Server"]


THREADS = runpy.run_path(str(_ROOT / "api" / "gunicorn.conf.py"))["threads"]


@contextmanager
def dawdling(port: int, count: int):
    """So many clients that never finish their headers."""
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    try:
        for connection in slow:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        time.sleep(0.5)
        yield
    finally:
        for connection in slow:
            connection.close()


def answers(port: int, seconds: float) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=seconds).status_code == 200
    return False


@pytest.mark.parametrize("count", [THREADS // 2, THREADS - 1])
def test_clients_that_dawdle_do_not_keep_others_out(server, count):
    """Each holds a thread for as long as it likes, and no more than that."""
    with dawdling(server, count):
        assert answers(server, 10)


def test_as_many_as_there_are_threads_keep_others_out_until_they_leave(server):
    """docs/operations.md: gunicorn has no limit for headers, so whoever is in front must have one."""
    with dawdling(server, THREADS):
        assert not answers(server, 3)
    until = time.monotonic() + 20
    while not answers(server, 3):
        assert time.monotonic() < until, "it did not recover"
