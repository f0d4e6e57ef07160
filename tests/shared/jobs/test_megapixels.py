"""What a job counts against its tenant's megapixels: the truth, once."""

import pytest

from shared.batches.batch import BatchLine
from shared.batches.redis_store import RedisBatchStore
from shared.jobs.job import JobError, Step
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.results import Ingested, megapixels
from shared.spec.job import JobSpec, Stage

SPEC = JobSpec.model_validate({"input": {"url": "https://example.com/a.jpg"}})
JOB = "job_01"
FAILED = JobError("x", "X.", "x", "ingest", retryable=False)


@pytest.fixture
def counted(redis):
    """Over all minutes, in case one ends meanwhile."""
    return lambda: sum(int(redis.get(key)) for key in redis.scan_iter("megapixels:local:*"))


@pytest.fixture
def ingest(patient_store, claim, picture):
    def ingest(job_id=JOB, width=4000, height=3000):
        known = picture.model_copy(update={"width": width, "height": height})
        patient_store.commit(claim(patient_store, Stage.INGEST, job_id), Ingested(input=known), 1)

    return ingest


@pytest.fixture
def job(patient_store):
    patient_store.create(JOB, "local", SPEC, None, "req_1")


@pytest.mark.parametrize(("width", "height", "count"), [(1, 1, 1), (1000, 1000, 1), (1001, 1000, 2)])
def test_a_picture_counts_rounded_up(job, ingest, counted, width, height, count):
    ingest(width=width, height=height)
    assert counted() == count - 1  # 1 was charged when it was handed in
    assert megapixels(width, height) == count


def test_a_posted_one_was_charged_by_whoever_saw_it(create, counted):
    create()
    assert counted() == 0


def test_a_commit_that_comes_late_counts_nothing(job, patient_store, claim, picture, counted, redis):
    mine = claim(patient_store, Stage.INGEST)
    redis.hset(f"job:{JOB}", "token:ingest", "another's")
    assert (
        patient_store.commit(mine, Ingested(input=picture.model_copy(update={"width": 5_000_000})), 1) is None
    )
    assert counted() == 0


def test_a_job_that_is_tried_again_counts_once(job, ingest, patient_store, claim, counted, redis, times):
    ingest()
    patient_store.fail(claim(patient_store), FAILED)
    RedisJobArchive(redis, times).retry(JOB)
    assert counted() == 11


def test_an_expired_job_gives_back_what_it_counted_and_takes_it_again(
    job, ingest, patient_store, counted, redis, times
):
    ingest()
    redis.hset(f"job:{JOB}", "finish_by", 1)
    redis.zadd("deadlines", {JOB: 1})
    patient_store.expire_late(10)
    assert counted() == -1  # with the 1 that the API has charged
    RedisJobArchive(redis, times).retry(JOB)
    assert counted() == 11


def test_a_posted_job_gives_back_as_much(create, patient_store, counted, redis):
    create(start_within=1)
    redis.hset(f"job:{JOB}", "start_by", 1)
    redis.zadd("deadlines", {JOB: 1})
    patient_store.expire_late(10)
    assert counted() == -1


def test_a_line_counts_whole_and_once_though_it_is_run_again(patient_store, ingest, claim, counted, redis):
    batches = RedisBatchStore(redis, 60)
    batches.begin("bat_1", "local", "req_1")
    batches.accept("bat_1", "w", [])
    line = BatchLine("bat_1", "local", 1)
    patient_store.create_for_line(line, SPEC, "req_1")
    ingest(line.job_id)
    assert counted() == 12
    patient_store.fail(claim(patient_store, Stage.SEGMENT, line.job_id), FAILED)
    batches.retry_failed("bat_1")
    assert patient_store.create_for_line(line, SPEC, "req_1") != []
    ingest(line.job_id)
    assert counted() == 12
    assert patient_store.claim(Step(line.job_id, Stage.SEGMENT), alone=True)
