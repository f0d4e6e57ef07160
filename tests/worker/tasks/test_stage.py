"""The wrapper of every stage."""

import pytest

from shared.errors import DownloadFailed, SourceUnreachable, StorageUnavailable, StoreUnavailable
from shared.jobs.job import Refusal, Status, Step
from shared.jobs.results import ModelUsed, Quality, Segmented
from shared.spec.job import Stage
from worker.inference.turns import place
from worker.tasks.lease import Heartbeat, Lease, LeaseEnded
from worker.tasks.stage import run_stage

RESULT = Segmented(
    matte_key="m",
    model=ModelUsed(name="n", weights_sha256="0", license="MIT", commercial_use=True),
    quality=Quality(coverage=0.5, confidence=1.0),
)


@pytest.fixture
def heartbeat():
    heartbeat = Heartbeat(60)
    yield heartbeat
    heartbeat.stop()


@pytest.fixture
def ring(submit, disc):
    return submit(disc)


def failing(error):
    def work(job, step, deps, progress):
        raise error

    return work


def test_a_finished_stage_is_committed_and_the_next_one_named(deps, ring, heartbeat):
    opened = run_stage(ring.step, lambda job, step, deps, progress: RESULT, deps, heartbeat)

    assert deps.jobs.get("job_1").segmented == RESULT
    assert [rung.step.name for rung in opened] == ["render"]


@pytest.mark.parametrize(("priority", "rank"), [("interactive", 0), ("bulk", 1)])
def test_at_a_device_interactive_jobs_go_first(deps, submit, disc, heartbeat, priority, rank):
    ranks = []
    ring = submit(disc, priority=priority)
    run_stage(ring.step, lambda *_: ranks.append(place()[0]) or RESULT, deps, heartbeat)

    assert ranks == [rank]


def test_a_doubled_message_does_nothing(deps, ring, heartbeat):
    runs, opened = [], []
    for _ in range(2):
        opened += run_stage(
            ring.step, lambda job, step, deps, progress: runs.append(1) or RESULT, deps, heartbeat
        )

    assert (len(runs), len(opened)) == (1, 1)


def test_bad_input_fails_at_once(deps, ring, heartbeat):
    run_stage(ring.step, failing(DownloadFailed("gone")), deps, heartbeat)

    job = deps.jobs.get("job_1")
    assert (job.status, job.error.code, job.error.stage) == (Status.FAILED, "download_failed", "segment")


def test_a_transient_error_is_tried_again_until_attempts_are_used_up(deps, ring, heartbeat):
    for attempt in (1, 2):
        run_stage(ring.step, failing(SourceUnreachable("down")), deps, heartbeat)
        assert deps.jobs.get("job_1").status is Status.RUNNING, attempt
    run_stage(ring.step, failing(SourceUnreachable("down")), deps, heartbeat)

    job = deps.jobs.get("job_1")
    assert (job.status, job.error.code) == (Status.FAILED, "download_failed")


def test_an_outage_of_storage_uses_up_no_attempts(deps, ring, heartbeat):
    for _ in range(10):
        run_stage(ring.step, failing(StorageUnavailable("down")), deps, heartbeat)
    run_stage(ring.step, lambda job, step, deps, progress: RESULT, deps, heartbeat)

    assert deps.jobs.get("job_1").segmented == RESULT


@pytest.mark.parametrize(
    ("error", "code"),
    [(MemoryError(), "out_of_memory"), (SystemExit(1), "internal_error"), (KeyError("x"), "internal_error")],
)
def test_whatever_a_stage_raises_is_recorded_and_never_reaches_the_pool(deps, ring, heartbeat, error, code):
    for _ in range(3):
        run_stage(ring.step, failing(error), deps, heartbeat)

    assert deps.jobs.get("job_1").error.code == code


def test_the_detail_of_an_unexpected_error_stays_in_the_log(deps, ring, heartbeat):
    run_stage(ring.step, failing(KeyError("/secret/path")), deps, heartbeat)

    assert "secret" not in deps.jobs.get("job_1").error.detail


def test_a_cancelled_job_stops_at_the_next_sign_of_progress(deps, ring, heartbeat):
    def work(job, step, deps, progress):
        deps.jobs.cancel(job.id)
        for lease in heartbeat._leases:
            lease.renew()
        progress(0.5)
        raise AssertionError("went on")

    run_stage(ring.step, work, deps, heartbeat)

    assert deps.jobs.get("job_1").status is Status.CANCELED


def test_a_job_cancelled_during_its_last_moments_never_becomes_succeeded(deps, ring, heartbeat):
    def work(job, step, deps, progress):
        deps.jobs.cancel(job.id)
        return RESULT

    opened = run_stage(ring.step, work, deps, heartbeat)

    assert deps.jobs.get("job_1").status is Status.CANCELED
    assert opened == ()


def test_a_lease_learns_that_it_was_lost(deps, ring):
    lease = Lease(deps.jobs, deps.jobs.claim(ring.step))
    deps.jobs._redis.hset("job:job_1", "token:segment", "somebody else's")
    lease.renew()

    with pytest.raises(LeaseEnded):
        lease.progress(0.5)


def test_the_store_is_waited_for_when_a_stage_has_finished(deps, ring, heartbeat, monkeypatch):
    commit, calls = deps.jobs.commit, []

    def flaky(*args):
        calls.append(1)
        if len(calls) < 3:
            raise StoreUnavailable("down")
        return commit(*args)

    monkeypatch.setattr(deps.jobs, "commit", flaky)
    monkeypatch.setattr("worker.tasks.stage.time.sleep", lambda seconds: None)
    run_stage(ring.step, lambda job, step, deps, progress: RESULT, deps, heartbeat)

    assert deps.jobs.get("job_1").segmented == RESULT


def test_a_step_of_an_unknown_job_is_refused(deps, heartbeat, ring):
    assert deps.jobs.claim(Step("job_2", Stage.SEGMENT)) is Refusal.MISSING
