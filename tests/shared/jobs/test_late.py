"""Jobs that gave themselves a time."""

import pytest

from shared.jobs.job import LeaseState, Status
from shared.jobs.results import ModelUsed, Quality, Segmented

JOB = "job_01"
MODEL = ModelUsed(name="imgly-medium", weights_sha256="aa", license="MIT", commercial_use=True)
SEGMENTED = Segmented(matte_key="k", model=MODEL, quality=Quality(coverage=0.3, confidence=0.9))


@pytest.fixture
def pass_time(redis):
    """Move a job's own deadlines back."""

    def pass_time(seconds):
        for what in ("start_by", "finish_by"):
            if value := redis.hget(f"job:{JOB}", what):
                redis.hset(f"job:{JOB}", what, int(value) - seconds * 1000)
        for member, score in redis.zrange("deadlines", 0, -1, withscores=True):
            redis.zadd("deadlines", {member: score - seconds * 1000})

    return pass_time


def test_one_that_nobody_began_in_time_expires_without_anybody_claiming_it(store, create, pass_time, redis):
    create(start_within=10)
    assert store.expire_late(10) == 0
    pass_time(11)
    assert store.expire_late(10) == 1
    job = store.get(JOB)
    assert (job.status, job.error.code) == (Status.EXPIRED, "deadline_exceeded")
    assert redis.zcard("sched") == redis.zcard("deadlines") == redis.zcard("waiting:interactive") == 0


def test_one_that_was_begun_in_time_goes_on(patient_store, create, claim, pass_time, redis):
    create(start_within=10)
    claim(patient_store)
    pass_time(11)
    patient_store.expire_late(10)
    assert patient_store.get(JOB).status is Status.RUNNING
    assert redis.zcard("deadlines") == 0


def test_one_that_is_not_finished_in_time_is_taken_from_its_worker(patient_store, create, claim, pass_time):
    create(start_within=10, finish_within=20)
    taken = claim(patient_store)
    pass_time(11)
    patient_store.expire_late(10)
    assert patient_store.renew(taken, 0.1) is LeaseState.HELD
    pass_time(10)
    patient_store.expire_late(10)
    assert patient_store.get(JOB).status is Status.EXPIRED
    assert patient_store.renew(taken, 0.2) is LeaseState.LOST
    assert patient_store.commit(taken, SEGMENTED, 1) is None


def test_a_finished_or_forgotten_job_leaves_the_index(patient_store, create, redis):
    create(start_within=10)
    redis.delete(f"job:{JOB}")
    redis.zadd("deadlines", {JOB: 0})
    patient_store.expire_late(10)
    assert redis.zcard("deadlines") == 0
