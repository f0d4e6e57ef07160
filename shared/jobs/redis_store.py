"""Job records in Redis: a hash per job, deadlines in `sched`, one Lua script per transition."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

from shared.batches.batch import BatchLine
from shared.errors import NotFound, StoreUnavailable, WorkerLost
from shared.jobs.job import Claim, Job, JobError, LeaseState, Refusal, Ring, Status, Step
from shared.jobs.record import job_from_hash
from shared.jobs.results import InputFacts, Result
from shared.settings import Settings
from shared.spec.job import JobSpec, Priority

_SHARED = Path(__file__).parents[1]
_LUA = _SHARED / "jobs" / "lua"
# What every script begins with: the outbox, the lines of batches, the job.
_PRELUDE = (_SHARED / "events/lua/outbox.lua", _SHARED / "batches/lua/lines.lua", _LUA / "prelude.lua")


@dataclass(frozen=True, slots=True)
class StoreTimes:
    """How long things may take before the record says otherwise."""

    lease_seconds: float
    redeliver_seconds: float
    retry_delay_seconds: float
    retention_seconds: int
    max_attempts: int

    @classmethod
    def of(cls, settings: Settings) -> "StoreTimes":
        """The store's part of the settings."""
        return cls(
            lease_seconds=settings.lease_seconds,
            redeliver_seconds=settings.redeliver_seconds,
            retry_delay_seconds=settings.retry_delay_seconds,
            retention_seconds=settings.retention_seconds,
            max_attempts=settings.max_attempts,
        )


def connect(url: str) -> Redis:
    """A Redis client that gives up within seconds rather than hang (RELIABILITY: a frozen server)."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=2,
        socket_connect_timeout=1,
        health_check_interval=10,
        # A dropped connection is worth another try, a silent server is not: redis-py nests its retries (of the
        # command, of connecting, of the handshake), and a frozen server cost 19 s where this costs 2.
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), 2, supported_errors=(RedisConnectionError,)),
    )


class RedisJobStore:
    """JobStore over Redis."""

    def __init__(self, redis: Redis, times: StoreTimes) -> None:
        self._redis = redis
        self._times = times
        prelude = "".join(path.read_text() for path in _PRELUDE)

        def script(name: str) -> Callable[..., Any]:
            return redis.register_script(prelude + (_LUA / f"{name}.lua").read_text())

        self._create, self._claim, self._renew = script("create"), script("claim"), script("renew")
        self._commit, self._fail = script("commit"), script("fail")
        self._cancel, self._due = script("cancel"), script("due")

    def create(
        self, job_id: str, tenant: str, spec: JobSpec, picture: InputFacts | None, request_id: str
    ) -> Sequence[Ring]:
        fields = {"id": job_id, "tenant": tenant, "request_id": request_id}
        if picture:
            fields["input"] = picture.model_dump_json()
        return self._record(fields, spec, None)

    def create_for_line(self, line: BatchLine, spec: JobSpec, request_id: str) -> Sequence[Ring]:
        fields = {
            "id": line.job_id, "tenant": line.tenant, "request_id": request_id,
            "batch": line.batch_id, "line": str(line.number),
        }  # fmt: skip
        return self._record(fields, spec, line)

    def _record(self, known: dict[str, str], spec: JobSpec, line: BatchLine | None) -> Sequence[Ring]:
        job_id, stages = known["id"], spec.stages(has_picture="input" in known)
        fields = {
            **known,
            "priority": str(spec.priority),
            "model": spec.model,
            "spec": spec.model_dump_json(),
            "stages": " ".join(stages),
        }
        if spec.webhook:
            fields["webhook"] = spec.webhook.model_dump_json()
        for stage in stages:
            if parts := spec.parts(stage):
                fields[f"steps:{stage}"] = " ".join(Step(job_id, stage, part).name for part in parts)
        pairs = [item for pair in fields.items() for item in pair]
        place = [line.batch_id, line.number] if line else ["", 0]
        args = [_ms(self._times.retention_seconds), _ms(self._times.redeliver_seconds), *place, *pairs]
        with _translated():
            opened = self._create(keys=[_key(job_id)], args=args)
        return _rings(job_id, opened, spec.priority)

    def get(self, job_id: str) -> Job:
        with _translated():
            fields = cast(dict[str, str], self._redis.hgetall(_key(job_id)))
        if not fields:
            raise NotFound(f"no job {job_id}")
        return job_from_hash(fields)

    def claim(self, step: Step) -> Claim | Refusal:
        token = uuid.uuid4().hex
        lost = WorkerLost(f"each of {self._times.max_attempts} attempts ended with its worker silent")
        error = JobError(lost.code, lost.title, lost.detail, step.stage, retryable=True)
        args = [
            step.name, token, _ms(self._times.lease_seconds),
            self._times.max_attempts, json.dumps(asdict(error)), step.job_id,
        ]  # fmt: skip
        with _translated():
            outcome, *rest = self._claim(keys=[_key(step.job_id)], args=args)
        if outcome != "ok":
            return Refusal(outcome)
        flat = rest[0]
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        return Claim(step, token, int(fields[f"attempts:{step.name}"]), job_from_hash(fields))

    def renew(self, claim: Claim, progress: float) -> LeaseState:
        args = [claim.step.name, claim.token, _ms(self._times.lease_seconds), f"{progress:.3f}"]
        with _translated():
            return LeaseState(self._renew(keys=[_key(claim.step.job_id)], args=args))

    def commit(self, claim: Claim, result: Result, elapsed_ms: int) -> Sequence[Ring] | None:
        step, job = claim.step, claim.job
        args = [
            step.name, claim.token, result.model_dump_json(), elapsed_ms, step.stage,
            _ms(self._times.redeliver_seconds),
        ]  # fmt: skip
        with _translated():
            opened = self._commit(keys=[_key(job.id)], args=args)
        return None if opened is None else _rings(job.id, opened, job.priority)

    def fail(self, claim: Claim, error: JobError) -> Status | None:
        delay_seconds = self._times.retry_delay_seconds * 2 ** (claim.attempt - 1)
        args = [
            claim.step.name, claim.token, json.dumps(asdict(error)), int(error.retryable),
            _ms(delay_seconds), self._times.max_attempts,
        ]  # fmt: skip
        with _translated():
            outcome = self._fail(keys=[_key(claim.step.job_id)], args=args)
        return None if outcome == "lost" else Status(outcome)

    def release(self, claim: Claim) -> None:
        args = [claim.step.name, claim.token, "", 1, 0, self._times.max_attempts]
        with _translated():
            self._fail(keys=[_key(claim.step.job_id)], args=args)

    def cancel(self, job_id: str) -> Status:
        with _translated():
            status = self._cancel(keys=[_key(job_id)])
        if status is None:
            raise NotFound(f"no job {job_id}")
        return Status(status)

    def due(self, limit: int) -> Sequence[Ring]:
        with _translated():
            rows = self._due(keys=["sched"], args=[limit, _ms(self._times.redeliver_seconds)])
        return [Ring(Step.parse(job_id, name), Priority(priority)) for job_id, name, priority in rows]

    def queue_position(self, job: Job) -> int:
        with _translated():
            rank = self._redis.zrank(f"waiting:{job.priority}", job.id)
        return cast(int, rank or 0)

    def seconds_per_job(self, model: str) -> float | None:
        with _translated():
            mean = self._redis.hget("seconds_per_job", model)
        return float(mean) if mean else None

    def check(self) -> None:
        with _translated():
            self._redis.ping()


def _key(job_id: str) -> str:
    return f"job:{job_id}"


def _rings(job_id: str, step_names: Sequence[str], priority: Priority) -> list[Ring]:
    return [Ring(Step.parse(job_id, name), priority) for name in step_names]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise StoreUnavailable("the job store does not answer; try again shortly") from error
