"""Job records in Redis: a hash per job, deadlines in `sched`, one Lua script per transition."""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from redis import Redis

from shared.errors import DeadlineExceeded, NotFound, WorkerLost
from shared.jobs.job import Claim, Job, JobError, LeaseState, Refusal, Ring, Status, Step
from shared.jobs.line import BatchLine
from shared.jobs.record import job_from_hash
from shared.jobs.results import InputFacts, Result, Segmented
from shared.jobs.store import Charge, Created
from shared.records import translated
from shared.settings import Settings
from shared.spec.job import COMPARISON, JobSpec, Priority, Stage

_SHARED = Path(__file__).parents[1]
_LUA = _SHARED / "jobs" / "lua"
# What every script begins with: the outbox, the lines of batches, the job.
_PRELUDE = (_SHARED / "events/lua/outbox.lua", _SHARED / "batches/lua/lines.lua", _LUA / "prelude.lua")

_late = DeadlineExceeded("the job was not done within `start_within` or `finish_within`")
_LATE = json.dumps(asdict(JobError(_late.code, _late.title, _late.detail, stage=None, retryable=False)))
_MATTE = f"result:{Stage.SEGMENT}"


@dataclass(frozen=True, slots=True)
class StoreTimes:
    """How long things may take before the record says otherwise."""

    lease_seconds: float
    redeliver_seconds: float
    retry_delay_seconds: float
    max_attempts: int
    outage_patience_seconds: float = 3600
    charge_waits_seconds: float = 86_400
    """So long may a job that was paid for be made after all: its request may be repeated under the same key."""

    @classmethod
    def of(cls, settings: Settings) -> "StoreTimes":
        """The store's part of the settings."""
        return cls(
            lease_seconds=settings.lease_seconds,
            redeliver_seconds=settings.redeliver_seconds,
            retry_delay_seconds=settings.retry_delay_seconds,
            max_attempts=settings.max_attempts,
            outage_patience_seconds=settings.outage_patience_seconds,
            charge_waits_seconds=settings.idempotency_seconds,
        )


class RedisJobStore:
    """JobStore over Redis."""

    def __init__(self, redis: Redis, times: StoreTimes) -> None:
        self._redis = redis
        self._times = times

        def script(name: str) -> Callable[..., Any]:
            return job_script(redis, name)

        self._charge = script("charge")
        self._create, self._claim, self._renew = script("create"), script("claim"), script("renew")
        self._commit, self._fail = script("commit"), script("fail")
        self._cancel, self._due = script("cancel"), script("due")
        self._late = script("late")
        self._lost = {stage: _lost_error(stage, times.max_attempts) for stage in Stage}

    def charge(self, job_id: str, tenant: str, megapixels: int, allowed: int) -> Charge:
        args = [job_id, tenant, megapixels, allowed, milliseconds(self._times.charge_waits_seconds)]
        with translated():
            fits, used, seconds = self._charge(keys=[job_key(job_id)], args=args)
        return Charge(fits == 1, used, seconds)

    def create(  # noqa: PLR0913, PLR0917 see JobStore
        self,
        job_id: str,
        tenant: str,
        spec: JobSpec,
        picture: InputFacts | None,
        request_id: str,
        matte: Segmented | None = None,
    ) -> Created:
        fields = {"id": job_id, "tenant": tenant, "request_id": request_id}
        if picture:
            fields["input"] = picture.model_dump_json()
        if matte:
            fields[_MATTE] = matte.model_dump_json()
        opened, flat, position, seconds = self._record(fields, spec, None)
        job = job_from_hash(dict(zip(flat[::2], flat[1::2], strict=True)))
        return Created(
            job=job,
            rings=rings_of(job_id, opened, spec.priority),
            queue_position=position,
            seconds_per_job=float(seconds) if seconds else None,
        )

    def create_for_line(self, line: BatchLine, spec: JobSpec, request_id: str) -> Sequence[Ring]:
        fields = {
            "id": line.job_id, "tenant": line.tenant, "request_id": request_id,
            "batch": line.batch_id, "line": str(line.number),
        }  # fmt: skip
        [opened] = self._record(fields, spec, line)
        return rings_of(line.job_id, opened, spec.priority)

    def _record(self, known: dict[str, str], spec: JobSpec, line: BatchLine | None) -> list[Any]:
        """What create.lua returns."""
        job_id, stages = known["id"], spec.stages(has_picture="input" in known, has_matte=_MATTE in known)
        fields = {
            **known,
            "priority": str(spec.priority),
            "model": COMPARISON if spec.models else spec.model,  # whose speed the job tells of
            "spec": spec.model_dump_json(),
            "stages": " ".join(stages),
        }
        deadlines = {"start_within": spec.start_within, "finish_within": spec.finish_within}
        fields |= {
            name: str(milliseconds(within)) for name, within in deadlines.items() if within is not None
        }
        if spec.webhook:
            fields["webhook"] = spec.webhook.model_dump_json()
        for stage in stages:
            if parts := spec.parts(stage):
                fields[f"steps:{stage}"] = " ".join(Step(job_id, stage, part).name for part in parts)
        pairs = [item for pair in fields.items() for item in pair]
        place = [line.batch_id, line.number] if line else ["", 0]
        args = [milliseconds(spec.retention), milliseconds(self._times.redeliver_seconds), *place, *pairs]
        with translated():
            return cast(list[Any], self._create(keys=[job_key(job_id)], args=args))

    def get(self, job_id: str) -> Job:
        with translated():
            fields = cast(dict[str, str], self._redis.hgetall(job_key(job_id)))
        if not fields:
            raise NotFound(f"no job {job_id}")
        return job_from_hash(fields)

    def claim(self, step: Step, *, alone: bool = False) -> Claim | Refusal:
        token = uuid.uuid4().hex
        args = [
            step.name, token, milliseconds(self._times.lease_seconds),
            self._times.max_attempts, self._lost[step.stage], step.job_id, _LATE, int(alone),
        ]  # fmt: skip
        with translated():
            outcome, *rest = self._claim(keys=[job_key(step.job_id)], args=args)
        if outcome != "ok":
            return Refusal(outcome)
        flat = rest[0]
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        return Claim(step, token, int(fields[f"attempts:{step.name}"]), job_from_hash(fields))

    def renew(self, claim: Claim, progress: float) -> LeaseState:
        args = [claim.step.name, claim.token, milliseconds(self._times.lease_seconds), f"{progress:.3f}"]
        with translated():
            return LeaseState(self._renew(keys=[job_key(claim.step.job_id)], args=args))

    def commit(self, claim: Claim, result: Result, elapsed_ms: int) -> Sequence[Ring] | None:
        step, job = claim.step, claim.job
        args = [
            step.name, claim.token, result.model_dump_json(), elapsed_ms, step.stage,
            milliseconds(self._times.redeliver_seconds),
        ]  # fmt: skip
        with translated():
            opened = self._commit(keys=[job_key(job.id)], args=args)
        return None if opened is None else rings_of(job.id, opened, job.priority)

    def fail(self, claim: Claim, error: JobError, *, is_outage: bool = False) -> Status | None:
        delay_seconds = self._times.retry_delay_seconds * 2 ** (claim.attempt - 1)
        args = [
            claim.step.name, claim.token, json.dumps(asdict(error)), int(error.retryable),
            milliseconds(delay_seconds), self._times.max_attempts,
            milliseconds(self._times.outage_patience_seconds) if is_outage else 0,
        ]  # fmt: skip
        with translated():
            outcome = self._fail(keys=[job_key(claim.step.job_id)], args=args)
        return None if outcome == "lost" else Status(outcome)

    def release(self, claim: Claim) -> None:
        args = [claim.step.name, claim.token, "", 1, 0, self._times.max_attempts, 0]
        with translated():
            self._fail(keys=[job_key(claim.step.job_id)], args=args)

    def cancel(self, job_id: str) -> Status:
        with translated():
            status = self._cancel(keys=[job_key(job_id)])
        if status is None:
            raise NotFound(f"no job {job_id}")
        return Status(status)

    def due(self, limit: int) -> Sequence[Ring]:
        with translated():
            rows = self._due(keys=["sched"], args=[limit, milliseconds(self._times.redeliver_seconds)])
        return [Ring(Step.parse(job_id, name), Priority(priority)) for job_id, name, priority in rows]

    def expire_late(self, limit: int) -> int:
        with translated():
            seconds, microseconds = self._redis.time()
            now_ms = seconds * 1000 + microseconds // 1000
            overdue = cast(list[str], self._redis.zrangebyscore("deadlines", "-inf", now_ms, 0, limit))
            for job_id in overdue:
                self._late(keys=[job_key(job_id)], args=[_LATE, job_id])
        return len(overdue)

    def queue_position(self, job: Job) -> int:
        with translated():
            rank = self._redis.zrank(f"waiting:{job.priority}", job.id)
        return cast(int, rank or 0)

    def seconds_per_job(self, model: str) -> float | None:
        with translated():
            mean = self._redis.hget("seconds_per_job", model)
        return float(mean) if mean else None

    def check(self) -> None:
        with translated():
            self._redis.ping()


def _lost_error(stage: Stage, max_attempts: int) -> str:
    """What the record says of a stage whose workers all died, as JSON."""
    lost = WorkerLost(f"each of {max_attempts} attempts ended with its worker silent")
    return json.dumps(asdict(JobError(lost.code, lost.title, lost.detail, stage, retryable=True)))


def job_script(redis: Redis, name: str) -> Callable[..., Any]:
    """A script of `lua/`, behind what all of them share."""
    parts = (*_PRELUDE, _LUA / f"{name}.lua")
    return redis.register_script("".join(path.read_text() for path in parts))


def bare_script(redis: Redis, name: str) -> Callable[..., Any]:
    """A script of `lua/` that needs nothing of the others."""
    return redis.register_script((_LUA / f"{name}.lua").read_text())


def job_key(job_id: str) -> str:
    """The key of a job's hash."""
    return f"job:{job_id}"


def rings_of(job_id: str, step_names: Sequence[str], priority: Priority) -> list[Ring]:
    """What is to be rung for these steps."""
    return [Ring(Step.parse(job_id, name), priority) for name in step_names]


def milliseconds(seconds: float) -> int:
    """As the scripts count."""
    return round(seconds * 1000)
