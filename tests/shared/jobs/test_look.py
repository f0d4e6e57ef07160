"""A job and how it stands among others, in one go: the same as asking one by one."""

import pytest

from shared.errors import NotFound
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.results import ModelUsed, Quality, Rendered, Segmented
from shared.spec.job import Stage
from shared.views.outlook import Outlook, expected, outlook_of

SEGMENTED = Segmented(
    matte_key="k",
    model=ModelUsed(name="u2net", weights_sha256="aa", license="MIT", commercial_use=True),
    quality=Quality(coverage=0.3, confidence=0.9),
)


@pytest.fixture
def look(redis, times):
    return RedisJobArchive(redis, times).look


def test_it_is_what_the_store_says_bit_by_bit(create, look, patient_store, redis, claim):
    redis.hset("seconds_per_job", "auto", 2.5)
    for job_id in ("job_01", "job_02", "job_03"):
        create(job_id)
    seen = look("job_03")
    job = patient_store.get("job_03")
    assert (seen.job, seen.queue_position, seen.seconds_per_job) == (job, 2, 2.5)
    assert expected(seen.job, seen.queue_position, seen.seconds_per_job) == outlook_of(patient_store, job)
    claim(patient_store, job_id="job_03")
    assert look("job_03").queue_position == 0
    assert look("job_03").job == patient_store.get("job_03")


def test_a_job_of_an_unmeasured_model(create, look):
    create()
    seen = look("job_01")
    assert (seen.queue_position, seen.seconds_per_job) == (0, None)


def test_a_finished_job_is_expected_at_once(create, look, patient_store, claim):
    create()
    patient_store.commit(claim(patient_store), SEGMENTED, 5)
    patient_store.commit(claim(patient_store, Stage.RENDER), Rendered(outputs=()), 5)
    seen = look("job_01")
    assert expected(seen.job, seen.queue_position, seen.seconds_per_job) == Outlook(0, 0.0)


def test_there_is_none(look):
    with pytest.raises(NotFound):
        look("job_01")
