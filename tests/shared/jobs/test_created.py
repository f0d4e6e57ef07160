"""A job that was just recorded, and how it stands among others: the same as asking one by one."""

import pytest

from shared.jobs.results import ModelUsed, Quality, Rendered, Segmented
from shared.spec.job import JobSpec, Stage
from shared.views.outlook import Outlook, expected, outlook_of

SEGMENTED = Segmented(
    matte_key="k",
    model=ModelUsed(name="u2net", weights_sha256="aa", license="MIT", commercial_use=True),
    quality=Quality(coverage=0.3, confidence=0.9),
)


@pytest.fixture
def look(patient_store, picture):
    """Record a job, or find it as it stands."""
    return lambda job_id: patient_store.create(job_id, "local", JobSpec(), picture, "req_1")


def test_it_is_what_the_store_says_bit_by_bit(look, patient_store, redis, claim):
    redis.hset("seconds_per_job", "auto", 2.5)
    for job_id in ("job_01", "job_02"):
        look(job_id)
    made = look("job_03")
    job = patient_store.get("job_03")
    assert (made.job, made.queue_position, made.seconds_per_job) == (job, 2, 2.5)
    assert expected(made.job, made.queue_position, made.seconds_per_job) == outlook_of(patient_store, job)
    claim(patient_store, job_id="job_03")
    assert look("job_03").queue_position == 0
    assert look("job_03").job == patient_store.get("job_03")


def test_a_job_of_an_unmeasured_model(look):
    made = look("job_01")
    assert (made.queue_position, made.seconds_per_job) == (0, None)


def test_a_finished_job_is_expected_at_once(look, patient_store, claim):
    look("job_01")
    patient_store.commit(claim(patient_store), SEGMENTED, 5)
    patient_store.commit(claim(patient_store, Stage.RENDER), Rendered(outputs=()), 5)
    made = look("job_01")
    assert (made.job, made.rings) == (patient_store.get("job_01"), [])
    assert expected(made.job, made.queue_position, made.seconds_per_job) == Outlook(0, 0.0)
