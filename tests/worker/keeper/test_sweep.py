"""The keeper's pass."""

import fakeredis
import pytest

from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import InputFacts
from shared.queue.memory_queue import MemoryJobQueue
from shared.spec.job import JobSpec
from worker.keeper.sweep import sweep

PICTURE = InputFacts(key="k", width=1, height=1, bytes=1, content_type="image/png", sha256="0")


@pytest.fixture
def jobs():
    redis = fakeredis.FakeRedis(decode_responses=True)
    yield RedisJobStore(redis, StoreTimes(0.05, 0, 0, 3))
    redis.close()


def test_a_step_that_nobody_claimed_is_rung_again(jobs):
    queue = MemoryJobQueue()
    rings = jobs.create("job_1", "local", JobSpec(), PICTURE, "req_1").rings

    assert sweep(jobs, queue) == 1
    assert queue.rings == rings


def test_a_finished_job_is_left_in_peace(jobs):
    queue = MemoryJobQueue()
    jobs.create("job_1", "local", JobSpec(), PICTURE, "req_1")
    jobs.cancel("job_1")

    assert sweep(jobs, queue) == 0


def test_a_pass_costs_a_page_and_no_more(jobs):
    queue = MemoryJobQueue()
    for number in range(250):
        jobs.create(f"job_{number}", "local", JobSpec(), PICTURE, "req_1")

    assert sweep(jobs, queue) == 200
