"""The job store: who may do what to a record, and when."""

import socket
import time

import pytest

from shared.errors import NotFound, StoreUnavailable
from shared.jobs.job import Claim, JobError, LeaseState, Refusal, Status, Step
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import Ingested, ModelUsed, OutputFile, Quality, Rendered, Segmented
from shared.records import connect
from shared.spec.job import JobSpec, Priority, Stage

JOB = "job_01"
SEGMENT = Step(JOB, Stage.SEGMENT)
RENDER = Step(JOB, Stage.RENDER)
MODEL = ModelUsed(name="imgly-medium", weights_sha256="aa", license="MIT", commercial_use=True)
SEGMENTED = Segmented(matte_key="k", model=MODEL, quality=Quality(coverage=0.3, confidence=0.9))
FILE = OutputFile(
    name="image",
    model="imgly-medium",
    key="k.png",
    content_type="image/png",
    width=4,
    height=3,
    bytes=9,
    sha256="a",
)
RENDERED = Rendered(outputs=(FILE,))


def _error(*, retryable):
    return JobError("out_of_memory", "title", "detail", "segment", retryable)


def test_a_new_job_waits_for_its_first_stage(store, create):
    ring = create(model="imgly-small")
    job = store.get(JOB)
    assert ring.step == SEGMENT
    assert (job.status, job.stage, job.version, job.attempts) == (Status.QUEUED, Stage.SEGMENT, 1, 0)
    assert job.spec == JobSpec(model="imgly-small")
    assert job.expires_at - job.created_at == job.spec.retention


def test_a_job_without_a_picture_begins_by_fetching_it(store, picture):
    spec = JobSpec.model_validate({"input": {"url": "https://example.com/a.png"}})
    [ring] = store.create(JOB, "local", spec, None, "").rings
    assert ring.step == Step(JOB, Stage.INGEST)
    taken = store.claim(Step(JOB, Stage.INGEST))
    [following] = store.commit(taken, Ingested(input=picture), 5)
    assert following.step == SEGMENT
    assert store.get(JOB).input == picture


def test_creating_a_job_again_changes_nothing(store, create):
    create()
    create(model="imgly-small")
    assert store.get(JOB).spec.model == "auto"


def test_an_unknown_job_is_not_found(store):
    with pytest.raises(NotFound):
        store.get("job_99")
    with pytest.raises(NotFound):
        store.cancel("job_99")


def test_a_job_goes_through_its_stages_to_success(store, create, claim):
    create()
    [following] = store.commit(claim(store), SEGMENTED, 120)
    assert following.step == RENDER
    between = store.get(JOB)
    assert (between.status, between.stage, between.progress) == (Status.RUNNING, Stage.RENDER, 0.5)
    assert store.commit(claim(store, Stage.RENDER), RENDERED, 30) == []
    job = store.get(JOB)
    assert (job.status, job.stage, job.progress) == (Status.SUCCEEDED, None, 1.0)
    assert job.outputs == (FILE,)
    assert job.models == (MODEL,)
    assert job.stage_ms == {"segment": 120, "render": 30}
    assert job.created_at <= job.started_at <= job.finished_at


def test_a_finished_job_leaves_no_deadline_and_no_place_in_the_queue(store, create, claim, redis):
    create()
    store.commit(claim(store), SEGMENTED, 1)
    store.commit(claim(store, Stage.RENDER), RENDERED, 1)
    assert redis.zcard("sched") == 0
    assert redis.zcard("waiting:interactive") == 0


def test_every_change_grows_the_version(patient_store, create, claim):
    create()
    versions = [patient_store.get(JOB).version]
    taken = claim(patient_store)
    versions.append(patient_store.get(JOB).version)
    patient_store.renew(taken, 0.5)
    versions.append(patient_store.get(JOB).version)
    patient_store.commit(taken, SEGMENTED, 1)
    versions.append(patient_store.get(JOB).version)
    assert versions == sorted(set(versions))


def test_a_heartbeat_without_progress_does_not_grow_the_version(patient_store, create, claim):
    create()
    taken = claim(patient_store)
    patient_store.renew(taken, 0.5)
    before = patient_store.get(JOB).version
    assert patient_store.renew(taken, 0.5) is LeaseState.HELD
    assert patient_store.get(JOB).version == before


class TestRefusals:
    """A doorbell that needs no answer."""

    def test_a_missing_job(self, store):
        assert store.claim(SEGMENT) is Refusal.MISSING

    def test_a_finished_job(self, store, create):
        create()
        store.cancel(JOB)
        assert store.claim(SEGMENT) is Refusal.TERMINAL

    def test_a_stage_that_is_over_and_one_that_is_to_come(self, store, create, claim):
        create()
        assert store.claim(RENDER) is Refusal.STALE
        store.commit(claim(store), SEGMENTED, 1)
        assert store.claim(SEGMENT) is Refusal.STALE

    def test_a_step_that_somebody_holds(self, patient_store, create, claim):
        create()
        claim(patient_store)
        assert patient_store.claim(SEGMENT) is Refusal.BUSY

    @pytest.mark.usefixtures("doubled")
    def test_a_claim_whose_answer_was_lost_is_held(self, patient_store, create, claim):
        create()
        assert claim(patient_store).attempt == 1
        assert patient_store.claim(SEGMENT) is Refusal.BUSY

    def test_a_step_tried_too_often_fails_its_job_as_worker_lost(self, store, create, claim):
        create()
        for _ in range(3):
            claim(store)
            time.sleep(0.08)
        assert store.claim(SEGMENT) is Refusal.DEAD
        job = store.get(JOB)
        assert (job.status, job.error.code, job.error.stage) == (Status.FAILED, "worker_lost", "segment")
        assert job.attempts == 3

    def test_the_last_known_error_says_more_than_worker_lost(self, store, create, claim):
        create()
        store.fail(claim(store), _error(retryable=True))
        for _ in range(2):
            time.sleep(0.12)
            claim(store)
        time.sleep(0.08)
        assert store.claim(SEGMENT) is Refusal.DEAD
        assert store.get(JOB).error.code == "out_of_memory"


class TestSuspects:
    """A step whose worker died may be what it died of."""

    def test_it_is_given_only_to_a_worker_that_runs_nothing_else(self, store, create, claim):
        create()
        claim(store)
        time.sleep(0.08)
        assert store.claim(SEGMENT) is Refusal.SUSPECT
        assert store.get(JOB).attempts == 1
        assert isinstance(store.claim(SEGMENT, alone=True), Claim)

    def test_it_stays_one_when_it_then_fails_otherwise(self, store, create, claim):
        create()
        claim(store)
        time.sleep(0.08)
        store.fail(claim(store), _error(retryable=True))
        time.sleep(0.12)
        assert store.claim(SEGMENT) is Refusal.SUSPECT

    def test_the_next_stage_is_none(self, store, create, claim):
        create()
        claim(store)
        time.sleep(0.08)
        store.commit(claim(store), SEGMENTED, 1)
        assert isinstance(store.claim(RENDER), Claim)

    def test_a_step_that_failed_or_was_given_back_is_none(self, store, patient_store, create):
        create()
        patient_store.release(patient_store.claim(SEGMENT))
        store.fail(store.claim(SEGMENT), _error(retryable=True))
        time.sleep(0.06)
        assert isinstance(store.claim(SEGMENT), Claim)


class TestFencing:
    """Only the owner of the lease may change the record."""

    def test_an_expired_lease_goes_to_the_next_worker(self, store, create, claim):
        create()
        first = claim(store)
        time.sleep(0.08)
        second = claim(store)
        assert (first.attempt, second.attempt) == (1, 2)
        assert store.renew(first, 0.5) is LeaseState.LOST
        assert store.commit(first, SEGMENTED, 1) is None
        assert store.fail(first, _error(retryable=False)) is None
        assert store.get(JOB).segmented is None
        assert store.commit(second, SEGMENTED, 1)

    def test_a_step_is_committed_once(self, store, create, claim):
        create()
        taken = claim(store)
        assert store.commit(taken, SEGMENTED, 1)
        assert store.commit(taken, SEGMENTED, 1) is None

    def test_a_renewed_lease_does_not_expire(self, store, create, claim):
        create()
        taken = claim(store)
        for _ in range(4):
            time.sleep(0.03)
            assert store.renew(taken, 0.1) is LeaseState.HELD
        assert store.claim(SEGMENT) is Refusal.BUSY

    def test_progress_of_a_stage_is_published(self, patient_store, create, claim):
        create()
        patient_store.renew(claim(patient_store), 0.5)
        job = patient_store.get(JOB)
        assert (job.stage_progress, job.progress) == (0.5, 0.25)


class TestFailure:
    """What an error does to a job."""

    def test_an_error_that_may_pass_is_tried_again_after_a_delay(self, store, create, claim):
        create()
        assert store.fail(claim(store), _error(retryable=True)) is Status.RUNNING
        assert store.claim(SEGMENT) is Refusal.BUSY
        assert store.due(10) == []
        time.sleep(0.06)
        assert [ring.step for ring in store.due(10)] == [SEGMENT]
        assert claim(store).attempt == 2

    def test_the_delay_doubles(self, store, create, claim, redis):
        create()
        for delay in (0.05, 0.1):
            failed = claim(store)
            before = time.time()
            store.fail(failed, _error(retryable=True))
            after = time.time()
            due = redis.zscore("sched", f"{JOB} segment") / 1000
            assert before + delay - 0.002 <= due <= after + delay + 0.002  # however slow the machine
            time.sleep(max(0, due - time.time()) + 0.01)

    def test_an_error_that_stays_fails_the_job_at_once(self, store, create, claim):
        create()
        assert store.fail(claim(store), _error(retryable=False)) is Status.FAILED
        job = store.get(JOB)
        assert job.error == _error(retryable=False)
        assert job.stage is None
        assert job.finished_at is not None

    def test_the_last_attempt_s_error_fails_the_job(self, store, create, claim):
        create()
        for _ in range(2):
            store.fail(claim(store), _error(retryable=True))
            time.sleep(0.12)
        assert store.fail(claim(store), _error(retryable=True)) is Status.FAILED

    def test_the_next_stage_counts_its_attempts_anew(self, store, create, claim):
        create()
        store.fail(claim(store), _error(retryable=True))
        time.sleep(0.06)
        store.commit(claim(store), SEGMENTED, 1)
        assert claim(store, Stage.RENDER).attempt == 1


class TestRelease:
    """A step given back unfinished."""

    def test_it_waits_again_at_once_and_the_attempt_does_not_count(self, patient_store, create, claim):
        create()
        for _ in range(5):
            patient_store.release(claim(patient_store))
        assert [ring.step for ring in patient_store.due(10)] == [SEGMENT]
        job = patient_store.get(JOB)
        assert (job.status, job.attempts, job.error) == (Status.RUNNING, 0, None)

    def test_a_cancelled_job_ends(self, patient_store, create, claim):
        create()
        taken = claim(patient_store)
        patient_store.cancel(JOB)
        patient_store.release(taken)
        assert patient_store.get(JOB).status is Status.CANCELED

    def test_whoever_lost_the_lease_changes_nothing(self, store, patient_store, create, claim):
        create()
        first = claim(store)
        time.sleep(0.08)
        claim(patient_store)
        store.release(first)
        assert patient_store.claim(SEGMENT) is Refusal.BUSY


class TestCancel:
    """A cancelled job never becomes succeeded."""

    def test_a_queued_job_never_starts(self, store, create, redis):
        create()
        assert store.cancel(JOB) is Status.CANCELED
        assert store.claim(SEGMENT) is Refusal.TERMINAL
        assert redis.zcard("sched") == 0

    def test_a_running_one_is_told_at_its_heartbeat_and_stops_at_the_boundary(
        self, patient_store, create, claim
    ):
        create()
        taken = claim(patient_store)
        assert patient_store.cancel(JOB) is Status.RUNNING
        assert patient_store.renew(taken, 0.1) is LeaseState.CANCELED
        assert patient_store.commit(taken, SEGMENTED, 1) == []
        assert patient_store.get(JOB).status is Status.CANCELED

    def test_one_whose_stage_fails_is_cancelled_not_failed(self, patient_store, create, claim):
        create()
        taken = claim(patient_store)
        patient_store.cancel(JOB)
        assert patient_store.fail(taken, _error(retryable=False)) is Status.CANCELED

    def test_one_whose_worker_died_is_cancelled_when_it_is_rung_again(self, store, create, claim):
        create()
        claim(store)
        store.cancel(JOB)
        time.sleep(0.08)
        assert store.claim(SEGMENT) is Refusal.TERMINAL
        assert store.get(JOB).status is Status.CANCELED

    def test_it_may_be_said_twice_and_too_late(self, store, create, claim):
        create()
        assert store.cancel(JOB) is store.cancel(JOB) is Status.CANCELED
        create("job_02")
        store.commit(claim(store, job_id="job_02"), SEGMENTED, 1)
        store.commit(claim(store, Stage.RENDER, "job_02"), RENDERED, 1)
        assert store.cancel("job_02") is Status.SUCCEEDED

    def test_the_last_commit_of_a_cancelled_job_gives_no_success(self, patient_store, create, claim):
        create()
        patient_store.commit(claim(patient_store), SEGMENTED, 1)
        taken = claim(patient_store, Stage.RENDER)
        patient_store.cancel(JOB)
        patient_store.commit(taken, RENDERED, 1)
        assert patient_store.get(JOB).status is Status.CANCELED


class TestDue:
    """What the keeper rings."""

    def test_nothing_before_its_time(self, store, create):
        create()
        assert store.due(10) == []

    def test_a_ring_that_got_lost_is_repeated_ever_more_rarely(self, store, create, redis):
        create()
        waits = []
        for _ in range(3):
            redis.zadd("sched", {f"{JOB} segment": 0})
            now = time.time()
            assert [ring.step for ring in store.due(10)] == [SEGMENT]
            waits.append(redis.zscore("sched", f"{JOB} segment") / 1000 - now)
        assert waits == pytest.approx([0.04, 0.08, 0.16], abs=0.03)

    def test_the_wait_between_rings_stops_growing(self, store, create, redis):
        create()
        for _ in range(12):
            redis.zadd("sched", {f"{JOB} segment": 0})
            now = time.time()
            store.due(10)
        assert redis.zscore("sched", f"{JOB} segment") / 1000 - now == pytest.approx(16 * 0.04, abs=0.01)

    def test_a_claim_forgets_the_rings_before_it(self, store, create, claim, redis):
        create()
        redis.zadd("sched", {f"{JOB} segment": 0})
        store.due(10)
        claim(store)
        assert redis.hget(f"job:{JOB}", "rings:segment") is None

    def test_two_keepers_do_not_ring_the_same_step(self, store, create, redis, times):
        create()
        time.sleep(0.05)
        other = type(store)(redis, times)
        assert len(store.due(10)) + len(other.due(10)) == 1

    def test_no_more_than_asked_for_and_the_longest_waiting_first(self, store, create, redis):
        for number in range(5):
            create(f"job_{number}")
            redis.zadd("sched", {f"job_{number} segment": number})
        assert [ring.step.job_id for ring in store.due(2)] == ["job_0", "job_1"]

    def test_a_ring_carries_the_job_s_priority(self, store, create):
        create(priority="bulk")
        time.sleep(0.05)
        [ring] = store.due(10)
        assert ring.priority is Priority.BULK

    def test_a_deadline_whose_job_is_gone_is_forgotten(self, store, create, redis):
        create()
        redis.delete(f"job:{JOB}")
        time.sleep(0.05)
        assert store.due(10) == []
        assert redis.zcard("sched") == 0


class TestOutlook:
    """What a caller is told about waiting."""

    def test_the_place_in_the_queue_counts_who_waits_before(self, store, create, claim):
        for number in (1, 2, 3):
            create(f"job_{number}")
            time.sleep(0.002)
        assert [store.queue_position(store.get(f"job_{number}")) for number in (1, 2, 3)] == [0, 1, 2]
        claim(store, job_id="job_1")
        assert [store.queue_position(store.get(f"job_{number}")) for number in (1, 2, 3)] == [0, 0, 1]

    def test_priorities_wait_apart(self, store, create):
        create("job_1")
        create("job_2", priority="bulk")
        assert store.queue_position(store.get("job_2")) == 0

    def test_the_speed_of_a_model_is_a_running_mean_of_its_jobs(self, store, create, claim):
        assert store.seconds_per_job("auto") is None
        for job_id, ms in (("job_1", 900), ("job_2", 1900)):
            create(job_id)
            store.commit(claim(store, job_id=job_id), SEGMENTED, ms)
            store.commit(claim(store, Stage.RENDER, job_id), RENDERED, 100)
        assert store.seconds_per_job("auto") == pytest.approx(1.1)


def test_a_store_that_is_down_says_so_whatever_is_asked(store, create, claim, redis_server):
    create()
    taken, job = claim(store), store.get(JOB)
    redis_server.connected = False
    calls = {
        "create": create,
        "get": lambda: store.get(JOB),
        "claim": lambda: store.claim(SEGMENT),
        "renew": lambda: store.renew(taken, 0.1),
        "commit": lambda: store.commit(taken, SEGMENTED, 1),
        "fail": lambda: store.fail(taken, _error(retryable=True)),
        "release": lambda: store.release(taken),
        "cancel": lambda: store.cancel(JOB),
        "due": lambda: store.due(1),
        "queue_position": lambda: store.queue_position(job),
        "seconds_per_job": lambda: store.seconds_per_job("auto"),
        "check": store.check,
    }
    for name, call in calls.items():
        with pytest.raises(StoreUnavailable):
            call()
            pytest.fail(f"{name} raised nothing")


def test_a_server_that_is_silent_costs_two_seconds_not_twenty():
    """It accepts connections, as a frozen one's kernel does, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        store = RedisJobStore(client, StoreTimes(60, 60, 60, 3))
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            store.get(JOB)
        client.close()
    assert time.monotonic() - began < 3
