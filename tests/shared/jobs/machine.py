"""The life of jobs as a state machine: a model beside the real store, and what must hold after every step."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from shared.jobs.job import Claim, JobError, LeaseState, Refusal, Status, Step
from shared.jobs.record import job_from_hash
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import (
    Ingested,
    InputFacts,
    ModelUsed,
    OutputFile,
    Quality,
    Rendered,
    Segmented,
    Upscaled,
)
from shared.spec.job import JobSpec, Stage

LEASE, REDELIVER, DELAY, ATTEMPTS, PATIENCE = 30.0, 30.0, 2.0, 3, 100.0
TIMES = StoreTimes(LEASE, REDELIVER, DELAY, ATTEMPTS, PATIENCE)
PICTURE = InputFacts(key="k", width=4, height=3, bytes=9, content_type="image/png", sha256="ab")
MODEL = ModelUsed(name="imgly-medium", weights_sha256="aa", license="MIT", commercial_use=True)
FILE = OutputFile(
    name="image", model="m", key="k.png", content_type="image/png", width=4, height=3, bytes=9, sha256="a"
)
RESULTS = {
    Stage.INGEST: Ingested(input=PICTURE),
    Stage.SEGMENT: Segmented(matte_key="k", model=MODEL, quality=Quality(coverage=0.3, confidence=0.9)),
    Stage.UPSCALE: Upscaled(cutout_key="k", model=MODEL),
    Stage.RENDER: Rendered(outputs=(FILE,)),
}
SPECS = (
    {},
    {"priority": "bulk"},
    {"upscale": {"scale": 2}},
    {"input": {"url": "https://example.com/a.png"}},
    {"variants": [{"name": "a"}, {"name": "b"}, {"name": "c"}]},
    {"upscale": {"scale": 2}, "variants": [{"name": "a"}, {"name": "b"}], "priority": "bulk"},
    {"start_within": 40},
    {"finish_within": 90, "input": {"url": "https://example.com/a.png"}},
)
TIMED = ("lease:", "not_before:", "outage:", "claimed:", "start_by", "finish_by")
TIMED_INDEXES = ("sched", "waiting:interactive", "waiting:bulk", "deadlines", "expiring")

INDEXES = ("sched", "waiting:interactive", "waiting:bulk")


@dataclass
class Known:
    """What the model knows of a job."""

    spec: JobSpec
    version: int = 0
    was_claimed: bool = False
    cancel_asked: bool = False
    final: dict[str, str] | None = None
    commits: dict[str, int] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    """Claims by step that still count as attempts."""


class JobMachine(RuleBasedStateMachine):
    """Any order of everything that API, workers and keepers may do. Time passes by moving what is recorded back."""

    connect = staticmethod(lambda: None)
    """A client of an empty database: set by who runs the machine."""

    claims = Bundle("claims")
    jobs = Bundle("jobs")

    @initialize()
    def begin(self) -> None:
        self.redis = type(self).connect()
        self.redis.flushdb()
        self.store = RedisJobStore(self.redis, TIMES)
        self.archive = RedisJobArchive(self.redis, TIMES)
        self.known: dict[str, Known] = {}
        self.holders: dict[tuple[str, str], str] = {}
        """Token of the last claim by job and step."""

    def teardown(self) -> None:
        if hasattr(self, "redis"):
            self.redis.close()

    # What may happen.

    @rule(target=jobs, asked=st.sampled_from(SPECS))
    def create(self, asked):
        if len(self.known) == 3:
            return multiple()
        job_id = f"job_{len(self.known)}"
        spec = JobSpec.model_validate(asked)
        picture = None if "input" in asked else PICTURE
        rings = self.store.create(job_id, "local", spec, picture, "").rings
        assert [ring.step.name for ring in rings] == self._open(job_id)
        self.known[job_id] = Known(spec)
        assert self.store.create(job_id, "local", spec, picture, "").rings == rings
        return job_id

    @rule(target=claims, job=jobs, place=st.integers(0, 3), alone=st.booleans())
    def claim(self, job, place, alone):
        """A worker answers the bell for a step that is open, or a bell of long ago."""
        names = self._open(job)
        name = names[place % len(names)] if names and place < 3 else "segment"
        step = Step.parse(job, name)
        before = self._record(job)
        lease_over = self._ms("lease:" + name, before) <= self._now()
        taken = self.store.claim(step, alone=alone)
        if isinstance(taken, Refusal):
            self._refused(taken, job, name, before, alone)
            return multiple()
        assert lease_over, "a step was given to two"
        assert name in names
        assert alone or f"token:{name}" not in before, "a suspect runs beside others"
        known = self.known[job]
        known.was_claimed = True
        known.starts[name] = known.starts.get(name, 0) + 1
        self.holders[job, name] = taken.token
        return taken

    def _refused(self, refusal, job, name, before, alone):
        if refusal is Refusal.SUSPECT:
            assert not alone
            assert f"token:{name}" in before or f"lost:{name}" in before
        if refusal is Refusal.DEAD:
            assert int(before[f"attempts:{name}"]) == ATTEMPTS
        if refusal is Refusal.BUSY:
            assert (
                max(self._ms(f"lease:{name}", before), self._ms(f"not_before:{name}", before))
                > self._now() - 50
            )

    @rule(claim=claims, progress=st.sampled_from([0.0, 0.3, 1.0]))
    def renew(self, claim, progress):
        state = self.store.renew(claim, progress)
        assert (state is LeaseState.LOST) == (not self._may_write(claim))
        if state is not LeaseState.LOST:
            asked = self.known[claim.step.job_id].cancel_asked
            assert (state is LeaseState.CANCELED) == asked

    @rule(claim=consumes(claims))
    def commit(self, claim):
        self._commit(claim)

    @rule(claim=claims)
    def commit_and_stay(self, claim):
        """A worker that is told nothing of its success, and says it again later."""
        self._commit(claim)

    def _commit(self, claim: Claim) -> None:
        may, step = self._may_write(claim), claim.step
        rings = self.store.commit(claim, RESULTS[step.stage], 5)
        assert (rings is not None) == may, "the fence does not hold"
        if rings is not None:
            commits = self.known[step.job_id].commits
            commits[step.name] = commits.get(step.name, 0) + 1
            assert {ring.step.name for ring in rings} <= set(self._open(step.job_id))

    @rule(claim=consumes(claims), retryable=st.booleans(), is_outage=st.booleans())
    def fail(self, claim, retryable, is_outage):
        may, known = self._may_write(claim), self.known[claim.step.job_id]
        before = self._attempts(claim.step)
        error = JobError("code", "title", "detail", claim.step.stage, retryable)
        status = self.store.fail(claim, error, is_outage=is_outage and retryable)
        assert (status is not None) == may
        if may and known.cancel_asked:
            assert status is Status.CANCELED
        if may and self._attempts(claim.step) < before:
            known.starts[claim.step.name] -= 1

    @rule(claim=consumes(claims))
    def release(self, claim):
        may = self._may_write(claim)
        before = self._attempts(claim.step)
        self.store.release(claim)
        if may and self._attempts(claim.step) < before:
            self.known[claim.step.job_id].starts[claim.step.name] -= 1

    @rule(job=jobs)
    def cancel(self, job):
        before = self._record(job)["status"]
        status = self.store.cancel(job)
        if not Status(before).is_final:
            self.known[job].cancel_asked = True
        assert status is Status.CANCELED or status.value == before

    @rule(job=jobs)
    def retry(self, job):
        before = Status(self._record(job)["status"])
        rings = self.archive.retry(job)
        if before in (Status.FAILED, Status.EXPIRED):
            assert [ring.step.name for ring in rings or ()] == self._open(job)
            known = self.known[job]
            known.final, known.was_claimed, known.cancel_asked = None, False, False
            stage = self._record(job)["stage"]
            known.starts = {name: n for name, n in known.starts.items() if name.partition("/")[0] != stage}
        else:
            assert not rings

    @rule(seconds=st.sampled_from([0.5, 3.0, 29.0, 31.0, 200.0]))
    def time_passes(self, seconds):
        shift = round(seconds * 1000)
        moves = self.redis.pipeline()
        for job in self.known:
            for name, value in self._record(job).items():
                if name.startswith(TIMED):
                    moves.hset(f"job:{job}", name, int(float(value)) - shift)
        for index in TIMED_INDEXES:
            for member, score in self.redis.zrange(index, 0, -1, withscores=True):
                moves.zadd(index, {member: score - shift})
        moves.execute()

    @rule(limit=st.sampled_from([1, 200]))
    def keeper_rings(self, limit):
        overdue = self.redis.zcount("sched", "-inf", self._now())
        rings = self.store.due(limit)
        assert len(rings) >= min(limit, overdue)
        for ring in rings:
            assert ring.step.name in self._open(ring.step.job_id), "the keeper rings for what is over"
            assert ring.priority == self.known[ring.step.job_id].spec.priority

    @rule()
    def keeper_expires(self):
        late = {job for job in self.known if self._is_late(job)}
        self.store.expire_late(200)
        for job in late:
            assert self._record(job)["status"] == "expired"

    def _is_late(self, job) -> bool:
        record = self._record(job)
        if Status(record["status"]).is_final:
            return False
        start_by, finish_by = record.get("start_by", "inf"), record.get("finish_by", "inf")
        return self._now() > float(finish_by) or (
            "started_at" not in record and self._now() > float(start_by)
        )

    # What must hold, always.

    @invariant()
    def everything_holds(self):
        if hasattr(self, "known"):
            self._look()
            for holds in (
                self.a_finished_job_never_changes,
                self.a_cancelled_job_never_succeeds,
                self.versions_grow,
                self.a_step_is_committed_once,
                self.attempts_are_counted_and_bounded,
                self.every_open_step_has_a_deadline_and_nothing_else_has,
                self.a_deadline_is_never_further_than_the_longest_wait,
                self.who_waits_are_the_open_jobs_that_nobody_has_begun,
                self.only_open_steps_have_tokens,
                self.an_open_job_has_an_open_step_and_a_finished_one_none,
                self.success_means_every_stage_has_a_result,
            ):
                holds()

    def _look(self) -> None:
        with self.redis.pipeline(transaction=False) as look:
            look.time()
            for index in INDEXES:
                look.zrange(index, 0, -1, withscores=True)
            for job in self.known:
                look.hgetall(f"job:{job}")
            (seconds, micros), *rest = look.execute()
        self.now = seconds * 1000 + micros / 1000
        self.zsets = {index: dict(members) for index, members in zip(INDEXES, rest, strict=False)}
        self.seen = dict(zip(self.known, rest[len(INDEXES) :], strict=True))

    def _seen_open(self, job) -> list[str]:
        return self.seen[job].get("open", "").split()

    def a_finished_job_never_changes(self):
        for job, known in self.known.items():
            lasting = {name: value for name, value in self.seen[job].items() if not name.startswith(TIMED)}
            if known.final is not None:
                assert lasting == known.final
            elif Status(lasting["status"]).is_final:
                known.final = lasting

    def a_cancelled_job_never_succeeds(self):
        for job, known in self.known.items():
            if known.cancel_asked:
                assert self.seen[job]["status"] in ("queued", "running", "canceled", "expired")

    def versions_grow(self):
        for job, known in self.known.items():
            version = int(self.seen[job]["version"])
            assert version >= known.version
            known.version = version

    def a_step_is_committed_once(self):
        for _, known in self.known.items():
            assert all(count == 1 for count in known.commits.values())

    def attempts_are_counted_and_bounded(self):
        for job, known in self.known.items():
            for name, value in self.seen[job].items():
                if name.startswith("attempts:"):
                    step = name.removeprefix("attempts:")
                    assert 0 <= int(value) <= ATTEMPTS
                    assert int(value) == known.starts.get(step, 0)

    def every_open_step_has_a_deadline_and_nothing_else_has(self):
        steps = {f"{job} {step}" for job, _ in self.known.items() for step in self._seen_open(job)}
        assert set(self.zsets["sched"]) == steps

    def a_deadline_is_never_further_than_the_longest_wait(self):
        for score in self.zsets["sched"].values():
            assert score <= self.now + max(LEASE, 16 * REDELIVER) * 1000

    def who_waits_are_the_open_jobs_that_nobody_has_begun(self):
        for priority in ("interactive", "bulk"):
            waiting = {
                job
                for job, known in self.known.items()
                if known.spec.priority == priority
                and not Status(self.seen[job]["status"]).is_final
                and not known.was_claimed
            }
            assert set(self.zsets[f"waiting:{priority}"]) == waiting

    def only_open_steps_have_tokens(self):
        for job, _ in self.known.items():
            tokens = {name[6:] for name in self.seen[job] if name.startswith("token:")}
            assert tokens <= set(self._seen_open(job))

    def an_open_job_has_an_open_step_and_a_finished_one_none(self):
        for job, _ in self.known.items():
            record = self.seen[job]
            assert bool(self._seen_open(job)) != Status(record["status"]).is_final
            assert job_from_hash(record).version == int(record["version"])

    def success_means_every_stage_has_a_result(self):
        for job, _ in self.known.items():
            record = job_from_hash(self.seen[job])
            if record.status is Status.SUCCEEDED:
                assert {name.partition("/")[0] for name in record.results} == set(record.stages)

    # How the model looks at the store.

    def _record(self, job) -> dict[str, str]:
        return self.redis.hgetall(f"job:{job}")

    def _open(self, job) -> list[str]:
        return self._record(job).get("open", "").split()

    def _attempts(self, step: Step) -> int:
        return int(self._record(step.job_id).get(f"attempts:{step.name}", 0))

    def _may_write(self, claim: Claim) -> bool:
        """Whether this token is the step's present one, by the record."""
        return self._record(claim.step.job_id).get(f"token:{claim.step.name}") == claim.token

    def _now(self) -> float:
        seconds, micros = self.redis.time()
        return seconds * 1000 + micros / 1000

    @staticmethod
    def _ms(name: str, record: dict[str, str]) -> float:
        return float(record.get(name, 0))
