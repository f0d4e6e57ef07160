"""A stage in pieces that run side by side: each is claimed, leased and committed on its own."""

import time

import pytest

from shared.jobs.job import Claim, JobError, Refusal, Status, Step
from shared.jobs.results import ModelUsed, OutputFile, Quality, Rendered, Segmented
from shared.spec.job import JobSpec, Stage

JOB = "job_01"
SEGMENT = Step(JOB, Stage.SEGMENT)
STEPS = [Step(JOB, Stage.RENDER, name) for name in "abc"]
MODEL = ModelUsed(name="imgly-medium", weights_sha256="aa", license="MIT", commercial_use=True)
SEGMENTED = Segmented(matte_key="k", model=MODEL, quality=Quality(coverage=0.3, confidence=0.9))
GONE = JobError("download_failed", "title", "detail", "render", retryable=False)
DOWN = JobError("storage_unavailable", "title", "detail", "render", retryable=True)


def rendered(step):
    file = OutputFile(
        name=step.part, model="n", key="k", content_type="image/png", width=4, height=3, bytes=9, sha256="a"
    )
    return Rendered(outputs=(file,), flags=("seen",))


@pytest.fixture
def opened(create, claim, patient_store):
    """A job whose three variants wait; returns what the commit before them says to ring."""
    create(variants=[{"name": step.part} for step in STEPS])
    return patient_store.commit(claim(patient_store), SEGMENTED, 100)


def take(store, steps=STEPS):
    claims = [store.claim(step, alone=True) for step in steps]
    assert all(isinstance(claim, Claim) for claim in claims), claims
    return claims


def names(job):
    return [file.name for file in job.outputs]


def test_the_stage_before_opens_every_part(patient_store, opened, redis):
    assert [ring.step for ring in opened] == STEPS
    assert patient_store.get(JOB).stage is Stage.RENDER
    assert redis.zcard("sched") == 3


def test_parts_of_the_first_stage_are_all_rung(store, picture, monkeypatch):
    monkeypatch.setattr(JobSpec, "parts", lambda self, stage: ("x", "y") if stage == "segment" else ())
    rings = store.create(JOB, "local", JobSpec(), picture, "").rings
    assert [ring.step.name for ring in rings] == ["segment/x", "segment/y"]
    # Asked again, it says the same.
    assert store.create(JOB, "local", JobSpec(), picture, "").rings == rings


def test_parts_are_claimed_side_by_side(patient_store, opened):
    take(patient_store)
    assert patient_store.claim(STEPS[0]) is Refusal.BUSY


def test_the_stage_as_a_whole_is_no_step_of_it(patient_store, opened):
    assert patient_store.claim(Step(JOB, Stage.RENDER)) is Refusal.STALE
    assert patient_store.claim(Step(JOB, Stage.RENDER, "d")) is Refusal.STALE


def test_the_last_part_ends_the_stage_and_outputs_stand_as_asked_for(patient_store, opened):
    first, second, third = take(patient_store)
    assert patient_store.commit(third, rendered(STEPS[2]), 10) == []
    assert patient_store.commit(first, rendered(STEPS[0]), 20) == []
    between = patient_store.get(JOB)
    assert (between.status, names(between)) == (Status.RUNNING, ["a", "c"])
    assert patient_store.claim(STEPS[0]) is Refusal.STALE
    assert patient_store.commit(second, rendered(STEPS[1]), 30) == []
    job = patient_store.get(JOB)
    assert (job.status, names(job), job.rendered.flags) == (Status.SUCCEEDED, ["a", "b", "c"], ("seen",))
    assert job.stage_ms["render"] == 60


def test_progress_is_the_mean_of_the_parts(patient_store, opened):
    first, second, _ = take(patient_store)
    patient_store.renew(first, 0.6)
    patient_store.renew(second, 0.3)
    assert patient_store.get(JOB).stage_progress == pytest.approx(0.3)
    patient_store.commit(first, rendered(STEPS[0]), 1)
    patient_store.fail(second, GONE)
    assert patient_store.get(JOB).stage_progress == pytest.approx(2 / 3)


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 1, 2), (0, 2, 1)])
def test_one_that_fails_fails_alone(patient_store, opened, order):
    claims = take(patient_store)
    for place in order:
        if place == 1:
            patient_store.fail(claims[1], GONE)
        else:
            patient_store.commit(claims[place], rendered(STEPS[place]), 1)
    job = patient_store.get(JOB)
    assert (job.status, job.error, names(job)) == (Status.SUCCEEDED, None, ["a", "c"])
    assert job.failures == {"render/b": GONE}
    assert job.rendered.flags == ("seen", "variant_failed")


def test_a_job_none_of_whose_parts_succeeds_fails_with_the_first_one_s_error(patient_store, opened, redis):
    first, second, third = take(patient_store)
    assert patient_store.fail(third, DOWN) is Status.RUNNING  # to be tried again
    assert patient_store.fail(second, GONE) is Status.RUNNING
    assert patient_store.fail(first, GONE) is Status.RUNNING
    redis.hdel(f"job:{JOB}", f"not_before:{STEPS[2].name}")
    [third] = take(patient_store, STEPS[2:])
    assert patient_store.fail(third, GONE) is Status.FAILED
    job = patient_store.get(JOB)
    assert (job.error, job.outputs) == (GONE, ())
    assert redis.zcard("sched") == 0


def test_one_whose_worker_dies_each_time_fails_alone(store, patient_store, opened):
    for step in STEPS[:2]:
        patient_store.commit(*[patient_store.claim(step)], rendered(step), 1)
    for _ in range(3):
        take(store, STEPS[2:])
        time.sleep(0.08)
    assert store.claim(STEPS[2]) is Refusal.DEAD
    job = store.get(JOB)
    assert (job.status, names(job)) == (Status.SUCCEEDED, ["a", "b"])
    assert job.failures["render/c"].code == "worker_lost"


def test_what_follows_a_failed_last_part_is_due_at_once(patient_store, picture, monkeypatch):
    monkeypatch.setattr(JobSpec, "parts", lambda self, stage: ("x", "y") if stage == "segment" else ())
    patient_store.create(JOB, "local", JobSpec(), picture, "")
    x, y = take(patient_store, [Step(JOB, Stage.SEGMENT, part) for part in "xy"])
    patient_store.commit(x, SEGMENTED, 1)
    patient_store.fail(y, GONE)
    time.sleep(0.002)
    assert [ring.step for ring in patient_store.due(10)] == [Step(JOB, Stage.RENDER)]


def test_a_cancelled_job_ends_with_the_part_that_hears_of_it_and_fences_the_others(
    patient_store, opened, redis
):
    first, second, _ = take(patient_store)
    patient_store.cancel(JOB)
    patient_store.commit(first, rendered(STEPS[0]), 1)
    assert patient_store.get(JOB).status is Status.CANCELED
    assert patient_store.commit(second, rendered(STEPS[1]), 1) is None
    assert redis.zcard("sched") == 0
