"""What Prometheus is told, against jobs that really went their way."""

import json
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.batches.redis_store import RedisBatchStore
from shared.catalog import CARDS
from shared.events.endpoints import Endpoint
from shared.events.redis_deliveries import RedisDeliveryStore
from shared.events.redis_endpoints import RedisEndpointStore
from shared.fleet.port import WorkerFacts
from shared.fleet.redis_fleet import RedisFleet
from shared.ids import new_id
from shared.jobs.job import JobError
from shared.jobs.passes import FEEDER, KEEPER, RedisPasses
from shared.metrics import Figures
from shared.queue.names import QUEUES, RUNG_AT
from shared.spec.job import JobSpec
from shared.spec.webhook import EventType
from tests.api.conftest import jobs, settings
from tests.api.working_queue import PICTURE, WorkingQueue

__all__ = ["jobs", "settings"]


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
        return jobs.create(new_id("job"), "local", JobSpec(model="imgly-medium"), PICTURE, "req_1").rings

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


def test_workers_keeper_and_feeder_are_seen(figures, redis):
    for name in ("one", "two"):
        facts = WorkerFacts(name, QUEUES, resident=("u2net", "of-a-later-version"), parked=("silueta",))
        RedisFleet(redis, 60).announce(facts)
    RedisPasses(redis, KEEPER).report("ring")
    RedisPasses(redis, FEEDER).report("feed")
    now = figures()
    assert now["cutroom_workers",] == 2
    assert all(now["cutroom_queue_workers", queue] == 2 for queue in QUEUES)
    assert now["cutroom_model_workers", "u2net"] == 2
    assert now["cutroom_model_memory_bytes", "u2net", "device"] == 2e6 * CARDS["u2net"].memory_megabytes
    assert now["cutroom_model_memory_bytes", "silueta", "host"] == 2e6 * CARDS["silueta"].memory_megabytes
    assert now["cutroom_keeper_pass_age_seconds", "ring"] < 5
    assert now["cutroom_feeder_pass_age_seconds", "feed"] < 5


def test_lines_of_batches_are_counted_though_nobody_feeds_them(figures, redis):
    batches = RedisBatchStore(redis, 60)
    for batch_id, tenant, states in (("bat_1", "one", "wwwi"), ("bat_2", "two", "wq"), ("bat_3", "two", "i")):
        batches.begin(batch_id, tenant, "req_1")
        batches.accept(batch_id, states, [])
    assert figures()["cutroom_batches_open",] == 2
    assert figures()["cutroom_batch_lines_waiting",] == 4
    batches.cancel("bat_1")
    assert figures()["cutroom_batches_open",] == 1
    assert figures()["cutroom_batch_lines_waiting",] == 1


def test_messages_are_counted_by_queue(figures, redis):
    now = time.time()
    # kombu puts a new message on the left and takes from the right.
    for rung_at in (now - 30, now):
        redis.lpush(QUEUES[0], json.dumps({"body": "…", "headers": {RUNG_AT: rung_at}}))
    read = figures()
    assert read["cutroom_queue_messages", QUEUES[0]] == 2
    assert read["cutroom_queue_oldest_seconds", QUEUES[0]] == pytest.approx(30, abs=2)
    assert read["cutroom_queue_oldest_seconds", QUEUES[1]] == 0


def test_a_message_that_does_not_say_when_it_was_rung_has_no_age(figures, redis):
    redis.lpush(QUEUES[0], json.dumps({"body": "…", "headers": {}}))
    assert ("cutroom_queue_oldest_seconds", QUEUES[0]) not in figures()


def test_webhooks_that_nobody_sends_are_seen(figures, redis):
    assert figures()["cutroom_webhook_late_seconds",] == 0
    mine = Endpoint("whk_1", "local", "https://example.com/", (EventType.JOB_SUCCEEDED,), "", True, 0)
    assert RedisEndpointStore(redis).create(mine, "whsec_1", 1)
    at = round((time.time() - 60) * 1000)
    for _ in range(2):
        event = {"type": "job.succeeded", "tenant": "local", "subject": "job_1", "at": str(at)}
        redis.rpush("events", json.dumps(event))
    read = figures()
    assert read["cutroom_webhook_events",] == 2
    assert read["cutroom_webhook_late_seconds",] == pytest.approx(60, abs=2)

    RedisDeliveryStore(redis).expand(10)
    read = figures()
    assert (read["cutroom_webhook_events",], read["cutroom_webhook_deliveries",]) == (0, 2)
    assert read["cutroom_webhook_late_seconds",] < 5


def test_jobs_that_should_have_been_deleted_are_missed(figures, redis):
    assert figures()["cutroom_deletion_late_seconds",] == 0
    redis.zadd("expiring", {"job_1": (time.time() + 60) * 1000})
    assert figures()["cutroom_deletion_late_seconds",] == 0
    redis.zadd("expiring", {"job_2": (time.time() - 60) * 1000})
    assert figures()["cutroom_deletion_late_seconds",] == pytest.approx(60, abs=5)
