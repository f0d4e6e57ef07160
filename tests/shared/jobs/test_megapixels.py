"""What a job counts against its tenant's megapixels: the truth, once."""

import pytest

from shared.batches.redis_store import RedisBatchStore
from shared.jobs.job import JobError, Step
from shared.jobs.line import BatchLine
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.results import Ingested, megapixels
from shared.jobs.store import Charge
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
def charge(patient_store):
    """Ask for megapixels as the API does, of a hundred in the minute."""
    return lambda megapixels, job_id=JOB: patient_store.charge(job_id, "local", megapixels, 100)


@pytest.fixture
def job(patient_store, charge):
    """One whose picture nobody has seen, so that it was charged as the smallest."""
    charge(1)
    patient_store.create(JOB, "local", SPEC, None, "req_1")


def test_what_does_not_fit_takes_nothing(charge):
    assert charge(70).is_granted
    refused = charge(31, "job_02")
    assert (refused.is_granted, refused.used) == (False, 70)
    assert 1 <= refused.seconds_left <= 60
    assert charge(30, "job_02").used == 100
    assert not charge(1, "job_03").is_granted


def test_nothing_fits_until_the_minute_is_overdrawn(charge, redis):
    charge(100)
    assert charge(0, "bat_01").is_granted
    redis.incrby(next(redis.scan_iter("megapixels:local:*")))
    assert not charge(0, "bat_02").is_granted
    assert list(redis.scan_iter("charge:*")) == [f"charge:{JOB}"]


def test_a_job_is_charged_for_once_before_it_is_made_and_after(charge, create, counted):
    assert [charge(60).is_granted for _ in "ab"] == [True, True]
    create()
    assert charge(60) == Charge(True, 60, charge(0).seconds_left)
    assert counted() == 60


def test_the_record_takes_the_charge_over(charge, create, redis):
    charge(60)
    create()
    assert redis.hget(f"job:{JOB}", "charged") == "60"
    assert list(redis.scan_iter("charge:*")) == []


@pytest.mark.parametrize(("width", "height", "count"), [(1, 1, 1), (1000, 1000, 1), (1001, 1000, 2)])
def test_a_picture_counts_rounded_up(job, ingest, counted, width, height, count):
    ingest(width=width, height=height)
    assert counted() == count
    assert megapixels(width, height) == count


def test_a_job_that_nobody_charged_for_counts_once_it_is_seen(patient_store, ingest, counted):
    patient_store.create(JOB, "local", SPEC, None, "req_1")
    assert counted() == 0
    ingest()
    assert counted() == 12


def test_a_commit_that_comes_late_counts_nothing(job, patient_store, claim, picture, counted, redis):
    mine = claim(patient_store, Stage.INGEST)
    redis.hset(f"job:{JOB}", "token:ingest", "another's")
    assert (
        patient_store.commit(mine, Ingested(input=picture.model_copy(update={"width": 5_000_000})), 1) is None
    )
    assert counted() == 1


def test_a_job_that_is_tried_again_counts_once(job, ingest, patient_store, claim, counted, redis, times):
    ingest()
    patient_store.fail(claim(patient_store), FAILED)
    RedisJobArchive(redis, times).retry(JOB)
    assert counted() == 12


def test_an_expired_job_gives_back_what_it_counted_and_takes_it_again(
    job, ingest, patient_store, counted, redis, times
):
    ingest()
    redis.hset(f"job:{JOB}", "finish_by", 1)
    redis.zadd("deadlines", {JOB: 1})
    patient_store.expire_late(10)
    assert counted() == 0
    RedisJobArchive(redis, times).retry(JOB)
    assert counted() == 12


def test_a_posted_job_gives_back_what_was_charged(charge, create, patient_store, counted, redis):
    charge(3)
    create(start_within=1)
    redis.hset(f"job:{JOB}", "start_by", 1)
    redis.zadd("deadlines", {JOB: 1})
    patient_store.expire_late(10)
    assert counted() == 0


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
