"""Batches and jobs on a Redis that lives in this process."""

from collections.abc import Callable

import fakeredis
import pytest

from shared.batches.batch import Batch
from shared.batches.redis_store import RedisBatchStore
from shared.jobs.job import Claim, JobError, Status, Step
from shared.jobs.line import BatchLine
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import Ingested, InputFacts, ModelUsed, Quality, Rendered, Segmented
from shared.settings import Settings
from shared.spec.job import JobSpec, Stage

BATCH = "bat_01jd0000000123456789abcdef"
PICTURE = InputFacts(key="k", width=4, height=3, bytes=9, content_type="image/png", sha256="ab")
MODEL = ModelUsed(name="imgly-medium", weights_sha256="aa", license="MIT", commercial_use=True)
SEGMENTED = Segmented(
    matte_key="k", model=MODEL, quality=Quality(coverage=0.3, confidence=0.9, flags=("many_subjects",))
)
BULK = JobSpec.model_validate({"input": {"url": "https://example.com/a.png"}, "priority": "bulk"})
ERROR = JobError("no_subject", "title", "detail", "segment", retryable=False)


@pytest.fixture
def batches(redis: fakeredis.FakeRedis) -> RedisBatchStore:
    return RedisBatchStore(redis, 3600)


@pytest.fixture
def jobs(redis: fakeredis.FakeRedis) -> RedisJobStore:
    return RedisJobStore(redis, StoreTimes.of(Settings()))


@pytest.fixture
def accepted(batches: RedisBatchStore) -> Callable[..., Batch]:
    """A batch that runs, by the letters of its lines."""

    def accepted(states: str = "www", batch_id: str = BATCH, tenant: str = "local") -> Batch:
        batches.begin(batch_id, tenant, "req_1")
        return batches.accept(batch_id, states, [])

    return accepted


@pytest.fixture
def feed(batches: RedisBatchStore, jobs: RedisJobStore) -> Callable[..., list[BatchLine]]:
    """Make jobs of the lines whose turn has come."""

    def feed(window: int = 100) -> list[BatchLine]:
        lines = [waiting.line for waiting in batches.waiting(window, 1000)]
        return [line for line in lines if jobs.create_for_line(line, BULK, "req_1")]

    return feed


@pytest.fixture
def end(jobs: RedisJobStore) -> Callable[..., None]:
    """Bring a line's job to its end."""

    def end(line: BatchLine, status: Status = Status.SUCCEEDED) -> None:
        if status is Status.CANCELED:
            jobs.cancel(line.job_id)
            return
        results = {
            Stage.INGEST: Ingested(input=PICTURE),
            Stage.SEGMENT: SEGMENTED,
            Stage.RENDER: Rendered(outputs=()),
        }
        for stage, result in results.items():
            taken = jobs.claim(Step(line.job_id, stage))
            assert isinstance(taken, Claim)
            if status is Status.FAILED:
                jobs.fail(taken, ERROR)
                return
            jobs.commit(taken, result, 1)

    return end
