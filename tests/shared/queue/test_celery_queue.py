"""Ringing: by task name, into the lane and priority that a stage belongs to."""

import json
import time

import pytest
from kombu.exceptions import OperationalError

from shared.jobs.job import Ring, Step
from shared.queue.celery_queue import CeleryJobQueue, producer_app
from shared.queue.names import RUNG_AT
from shared.spec.job import Priority, Stage
from tests.integration.stack import Stack, until

RING = Ring(Step("job_1", Stage.SEGMENT, "isnet"), Priority.BULK)


@pytest.fixture
def app():
    app = producer_app("memory://")
    yield app
    app.close()


def test_a_ring_names_the_job_and_the_step_and_nothing_else(app):
    assert CeleryJobQueue(app).ring(RING)
    with app.connection_for_read() as connection:
        message = connection.SimpleQueue("gpu.bulk").get(block=False)
        args, kwargs, _ = message.payload
        message.ack()
    assert message.headers["task"] == "worker.segment"
    assert message.headers[RUNG_AT] == pytest.approx(time.time(), abs=5)
    assert message.headers["kwargsrepr"] == str(kwargs)
    assert (args, kwargs) == ([], {"job_id": "job_1", "step": "segment/isnet"})
    json.dumps(kwargs)


class _DeadApp:
    def __init__(self, error):
        self._error = error

    def send_task(self, *_args, **_named):
        raise self._error


@pytest.mark.parametrize("error", [OperationalError("down"), ConnectionRefusedError(), TimeoutError()])
def test_a_broker_that_is_down_loses_the_ring_and_raises_nothing(error):
    assert CeleryJobQueue(_DeadApp(error)).ring(RING) is False


@pytest.mark.integration
def test_a_publisher_survives_its_connections_and_a_restart_of_the_broker(tmp_path):
    stack = Stack(tmp_path)
    stack.start("redis")
    until(stack.broker.ping, 20, "redis")
    queue = CeleryJobQueue(producer_app(stack.settings["CUTROOM_BROKER_URL"]))
    try:
        assert queue.ring(RING)
        stack.broker.client_kill_filter(_type="normal", skipme=True)
        assert queue.ring(RING)
        stack.kill("redis")
        assert queue.ring(RING) is False
        stack.start("redis")
        until(stack.broker.ping, 20, "redis")
        assert queue.ring(RING)
        assert stack.broker.llen("gpu.bulk") >= 1
    finally:
        stack.down()
