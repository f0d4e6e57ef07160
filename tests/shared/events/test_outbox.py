"""What transitions put into the outbox: what happened, once, and only when somebody listens."""

import json

import pytest

from shared.events.endpoints import EndpointChange
from shared.jobs.job import JobError, Step
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import InputFacts
from shared.settings import Settings
from shared.spec.job import JobSpec, Stage

PICTURE = InputFacts(key="k", width=4, height=3, bytes=9, content_type="image/png", sha256="ab")
ERROR = JobError("no_subject", "title", "detail", "segment", retryable=False)


@pytest.fixture
def jobs(redis):
    return RedisJobStore(redis, StoreTimes.of(Settings()))


@pytest.fixture
def told(redis):
    return lambda: [json.loads(text)["type"] for text in redis.lrange("events", 0, -1)]


def test_nothing_where_nobody_listens(jobs, told, listen):
    listen("whk_1", "somebody_else")
    jobs.create("job_1", "local", JobSpec(), PICTURE, "")
    jobs.cancel("job_1")
    assert told() == []


def test_start_and_end_for_a_tenant_with_an_endpoint(jobs, told, listen):
    listen()
    jobs.create("job_1", "local", JobSpec(), PICTURE, "")
    jobs.fail(jobs.claim(Step("job_1", Stage.SEGMENT)), ERROR)
    jobs.cancel("job_1")
    assert told() == ["job.started", "job.failed"]


def test_a_second_attempt_is_no_second_start(jobs, told, listen):
    listen()
    jobs.create("job_1", "local", JobSpec(), PICTURE, "")
    for _ in range(2):
        jobs.release(jobs.claim(Step("job_1", Stage.SEGMENT)))
    assert told() == ["job.started"]


def test_a_job_s_own_webhook_hears_what_it_asked_for(jobs, told):
    own = {"webhook": {"url": "https://example.com", "events": ["job.canceled"]}}
    jobs.create("job_1", "local", JobSpec.model_validate(own), PICTURE, "")
    jobs.claim(Step("job_1", Stage.SEGMENT))
    jobs.create("job_2", "local", JobSpec.model_validate(own), PICTURE, "")
    jobs.cancel("job_2")
    assert told() == ["job.canceled"]


def test_a_disabled_or_deleted_endpoint_listens_no_more(jobs, told, listen, endpoints, redis):
    listen("whk_1")
    listen("whk_2")
    endpoints.change("whk_1", EndpointChange(is_enabled=False))
    assert redis.smembers("webhooks:listening") == {"local"}
    endpoints.delete("whk_2")
    assert redis.smembers("webhooks:listening") == set()
    endpoints.change("whk_1", EndpointChange(is_enabled=True))
    assert redis.smembers("webhooks:listening") == {"local"}
