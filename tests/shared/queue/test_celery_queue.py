"""Ringing: by task name, into the lane and priority that a stage belongs to."""

import json
import time

import pytest
from kombu.exceptions import OperationalError

from shared.jobs.job import Ring, Step
from shared.queue.celery_queue import CeleryJobQueue, producer_app
from shared.queue.names import RUNG_AT
from shared.spec.job import Priority, Stage

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
