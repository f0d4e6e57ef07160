"""A job store on a Redis that lives in this process, with times short enough to wait for."""

from collections.abc import Callable

import fakeredis
import pytest

from shared.jobs.job import Claim, Ring, Step
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import InputFacts
from shared.spec.job import JobSpec, Stage

LEASE_SECONDS = 0.06
JOB = "job_01"


@pytest.fixture
def times() -> StoreTimes:
    return StoreTimes(
        lease_seconds=LEASE_SECONDS,
        redeliver_seconds=0.04,
        retry_delay_seconds=0.05,
        max_attempts=3,
    )


@pytest.fixture
def store(redis: fakeredis.FakeRedis, times: StoreTimes) -> RedisJobStore:
    return RedisJobStore(redis, times)


@pytest.fixture
def patient_store(redis: fakeredis.FakeRedis) -> RedisJobStore:
    """The same records with a lease that no test outlives."""
    return RedisJobStore(redis, StoreTimes(60, 60, 60, 3))


@pytest.fixture
def picture() -> InputFacts:
    return InputFacts(
        key="t/local/job_01/input", width=4, height=3, bytes=9, content_type="image/png", sha256="ab"
    )


@pytest.fixture
def create(store: RedisJobStore, picture: InputFacts) -> Callable[..., Ring]:
    """Record a job with a posted picture."""

    def create(job_id: str = JOB, **asked: object) -> Ring:
        [ring] = store.create(job_id, "local", JobSpec.model_validate(asked), picture, "req_1").rings
        return ring

    return create


@pytest.fixture
def claim() -> Callable[..., Claim]:
    """Take a lease that is free."""

    def claim(store: RedisJobStore, stage: Stage = Stage.SEGMENT, job_id: str = JOB) -> Claim:
        taken = store.claim(Step(job_id, stage), alone=True)
        assert isinstance(taken, Claim), taken
        return taken

    return claim
