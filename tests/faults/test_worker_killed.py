"""A worker that dies takes nothing with it."""

import signal

import pytest

from tests.integration.stack import until

pytestmark = pytest.mark.integration


def test_a_job_survives_kill_9_in_the_middle_of_a_stage(stack, picture):
    stack.up(STAND_IN_SECONDS="60")
    job_id = stack.submit(picture)
    until(lambda: stack.job(job_id)["status"] == "running", 10, "the stage to begin")

    stack.kill("worker")
    stack.start("worker2")

    job = stack.finished(job_id, seconds=30)
    assert job["status"] == "succeeded", job["error"]
    assert stack.records.hget(f"job:{job_id}", "attempts:segment") == "2"
    assert stack.records.hget(f"job:{job_id}", "attempts:render") == "1"


def test_a_message_lost_between_brpop_and_bookkeeping_is_rung_again(stack, picture):
    """Celery on Redis loses it for good: it is in no queue and in no list of unacknowledged messages."""
    stack.up()
    job_id = swallowed(stack, picture)
    assert stack.broker.hlen("unacked") == 0

    stack.kill("worker")
    stack.start("worker2")

    assert stack.finished(job_id, seconds=3 + 10 + 10)["status"] == "succeeded"


def swallowed(stack, picture) -> str:
    """A job whose message a worker got that stands still: it has to be frozen while it waits in BRPOP."""
    for _ in range(5):
        until(lambda: stack.broker.info("clients")["blocked_clients"], 20, "the worker to wait for messages")
        stack.send("worker", signal.SIGSTOP)
        job_id = stack.submit(picture)
        if not stack.broker.llen("gpu.interactive"):
            return job_id
        stack.send("worker", signal.SIGCONT)  # it was caught between two waits: once more
        stack.finished(job_id)
    raise AssertionError("the worker was never frozen at the right moment")
