"""What an outage of storage does to a job: it waits."""

import time

import pytest

from shared.jobs.job import JobError, Refusal, Status, Step
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.spec.job import Stage

JOB = "job_01"
DOWN = JobError("storage_unavailable", "title", "detail", "segment", retryable=True)


def impatient(redis, seconds):
    return RedisJobStore(redis, StoreTimes(60, 60, 0, 3, outage_patience_seconds=seconds))


def test_it_uses_up_no_attempts(redis, create, claim):
    store = impatient(redis, 3600)
    create()
    for _ in range(8):
        assert store.fail(claim(store), DOWN, is_outage=True) is Status.RUNNING
    assert claim(store).attempt == 1


def test_it_is_not_waited_out_for_ever(redis, create, claim):
    store = impatient(redis, 0.05)
    create()
    assert store.fail(claim(store), DOWN, is_outage=True) is Status.RUNNING
    time.sleep(0.06)
    for _ in range(2):
        assert store.fail(claim(store), DOWN, is_outage=True) is Status.RUNNING
    assert store.fail(claim(store), DOWN, is_outage=True) is Status.FAILED
    assert store.get(JOB).error == DOWN


def test_the_waits_double_up_to_half_a_minute(redis, create, claim):
    store = RedisJobStore(redis, StoreTimes(60, 60, 2, 3))
    create()
    waits = []
    for _ in range(7):
        taken = claim(store)
        now = time.time()
        store.fail(taken, DOWN, is_outage=True)
        waits.append(redis.zscore("sched", f"{JOB} segment") / 1000 - now)
        assert store.claim(Step(JOB, Stage.SEGMENT)) is Refusal.BUSY
        redis.hdel(f"job:{JOB}", "not_before:segment")
    assert waits == pytest.approx([2, 4, 8, 16, 30, 30, 30], abs=0.1)
