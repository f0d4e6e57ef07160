"""The state machine over a Redis in this process, and over the real server."""

import fakeredis
import pytest
import redis as redis_py
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
