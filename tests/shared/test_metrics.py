"""What Prometheus is told, against jobs that really went their way."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.fleet.port import WorkerFacts
from shared.fleet.redis_fleet import RedisFleet
from shared.ids import new_id
from shared.jobs.job import JobError
from shared.jobs.passes import RedisPasses
from shared.metrics import Figures
from shared.queue.names import QUEUES
from shared.spec.job import JobSpec
from tests.api.conftest import jobs, redis, redis_server, settings
from tests.api.working_queue import PICTURE, WorkingQueue

__all__ = ["jobs", "redis", "redis_server", "settings"]


@pytest.fixture
def figures(redis):
    """Every value, by name and labels."""

    def read():
        text = Figures(redis, redis).exposition().decode()
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return read


@pytest.fixture
def post(jobs):
    def post():
        return jobs.create(new_id("job"), "local", JobSpec(model="imgly-medium"), PICTURE, "req_1")

    return post


def test_an_empty_installation_has_its_gauges(figures):
    now = figures()
    assert now["cutroom_workers",] == 0
    assert now["cutroom_jobs_waiting", "interactive"] == 0
    assert now["cutroom_oldest_waiting_seconds", "bulk"] == 0
    assert {name for name, *_ in now} >= {"cutroom_queue_messages", "cutroom_queue_workers"}


def test_a_job_is_counted_where_it_stands(figures, post, jobs):
    ring = post()[0]
    assert figures()["cutroom_jobs_waiting", "interactive"] == 1
    assert figures()["cutroom_jobs_created_total", "interactive"] == 1
    jobs.claim(ring.step)
    assert figures()["cutroom_jobs_waiting", "interactive"] == 0
    assert figures()["cutroom_jobs_running",] == 1


def test_a_job_that_succeeded_says_what_its_stages_took(figures, post, jobs):
    WorkingQueue(jobs).ring(post()[0])
    now = figures()
    assert now["cutroom_jobs_running",] == 0
    assert now["cutroom_jobs_finished_total", "imgly-medium", "succeeded"] == 1
    assert now["cutroom_stage_seconds_count", "segment"] == 1
    assert now["cutroom_stage_seconds_sum", "segment"] == pytest.approx(0.012)
    assert now["cutroom_stage_seconds_bucket", "0.05", "segment"] == 1
    assert now["cutroom_stage_seconds_bucket", "+Inf", "segment"] == 1


def test_a_job_that_failed_says_why(figures, post, jobs):
    working = WorkingQueue(jobs)
    working.error = JobError("unreadable_image", "t", "d", "segment", retryable=False)
    working.ring(post()[0])
    assert figures()["cutroom_jobs_failed_total", "unreadable_image"] == 1
    assert figures()["cutroom_jobs_finished_total", "imgly-medium", "failed"] == 1


def test_a_retry_is_no_end(figures, post, jobs):
    working = WorkingQueue(jobs)
    working.error = JobError("out_of_memory", "t", "d", "segment", retryable=True)
    working.ring(post()[0])
    assert figures()["cutroom_step_retries_total", "out_of_memory"] == 1
    assert figures()["cutroom_jobs_running",] == 1


def test_workers_and_the_keeper_are_seen(figures, redis):
    RedisFleet(redis, 60).announce(WorkerFacts("one", QUEUES, resident=("u2net",)))
    RedisPasses(redis).report("ring")
    now = figures()
    assert now["cutroom_workers",] == 1
    assert all(now["cutroom_queue_workers", queue] == 1 for queue in QUEUES)
    assert now["cutroom_model_workers", "u2net"] == 1
    assert now["cutroom_keeper_pass_age_seconds", "ring"] < 5


def test_messages_are_counted_by_queue(figures, redis):
    redis.rpush(QUEUES[0], "a", "b")
    assert figures()["cutroom_queue_messages", QUEUES[0]] == 2
