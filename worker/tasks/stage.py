"""The one wrapper of every stage: claim, run under a lease, commit or fail, say what comes next.

A message is only a hint to look at the record, so a lost, doubled or late one changes nothing.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import structlog

from shared.errors import AppError, InternalError, OutOfMemory, StorageUnavailable, StoreUnavailable
from shared.jobs.job import Claim, Job, JobError, Refusal, Ring, Step
from shared.jobs.results import Result
from shared.spec.job import Priority
from worker.deps import Deps
from worker.inference.turns import ranked
from worker.tasks.lease import Heartbeat, Lease, LeaseEnded

_log = structlog.get_logger(__name__)

_PRIORITIES = tuple(Priority)
_STORE_PATIENCE_SECONDS = 60.0
"""How long a finished stage tries to reach the store before the work is left to the next attempt."""

T = TypeVar("T")

Progress = Callable[[float], None]
"""Called with 0..1; raises when the stage must stop."""


class Work(Protocol):
    """What a stage module's `run` is."""

    def __call__(self, job: Job, step: Step, deps: Deps, progress: Progress) -> Result:
        """Do the step's work; an AppError says by itself whether it may be tried again."""


def run_stage(step: Step, work: Work, deps: Deps, heartbeat: Heartbeat) -> Sequence[Ring]:
    """Do what the record says is to be done for this step, if anything is; what that opened. Raises nothing."""
    with structlog.contextvars.bound_contextvars(job_id=step.job_id, step=step.name):
        try:
            with heartbeat.company.together():
                opened = _attempt(step, work, deps, heartbeat, alone=False)
            if opened is Refusal.SUSPECT:
                with heartbeat.company.alone():
                    opened = _attempt(step, work, deps, heartbeat, alone=True)
            return () if isinstance(opened, Refusal) else opened
        except BaseException as error:  # noqa: BLE001  MemoryError or SystemExit would leave the pool a live zombie
            _log.error("stage_broke", exc_info=error)
            return ()


def _attempt(
    step: Step, work: Work, deps: Deps, heartbeat: Heartbeat, *, alone: bool
) -> Refusal | Sequence[Ring]:
    try:
        claim = deps.jobs.claim(step, alone=alone)
    except StoreUnavailable:
        _log.warning("claim_postponed")  # the keeper rings again
        return ()
    if isinstance(claim, Refusal):
        _log.debug("nothing_to_do", refusal=claim)
        return claim
    with (
        structlog.contextvars.bound_contextvars(request_id=claim.job.request_id, attempt=claim.attempt),
        ranked(_PRIORITIES.index(claim.job.priority)),
    ):
        return _run_claimed(claim, work, deps, heartbeat)


def _run_claimed(claim: Claim, work: Work, deps: Deps, heartbeat: Heartbeat) -> Sequence[Ring]:
    lease = Lease(deps.jobs, claim, deps.settings.stage_deadline_seconds)
    heartbeat.add(lease)
    started = time.monotonic()
    try:
        result = work(claim.job, claim.step, deps, lease.progress)
        lease.work_done()
        elapsed_ms = round((time.monotonic() - started) * 1000)
        return _patiently(lambda: _commit(claim, result, elapsed_ms, deps)) or ()
    except LeaseEnded as ended:
        lease.work_done()
        _log.info("stage_stopped", reason=str(ended))
        _patiently(lambda: deps.jobs.release(claim))
    except BaseException as error:  # noqa: BLE001  whatever it is, the record hears of it
        lease.work_done()
        failure = _as_app_error(error)
        _patiently(lambda: _fail(claim, failure, deps))
    finally:
        heartbeat.remove(lease)
    return ()


def _commit(claim: Claim, result: Result, elapsed_ms: int, deps: Deps) -> Sequence[Ring]:
    rings = deps.jobs.commit(claim, result, elapsed_ms)
    if rings is None:
        _log.warning("commit_refused", reason="the lease had gone to another worker")
        return ()
    _log.info("stage_done", elapsed_ms=elapsed_ms)
    return rings


def _fail(claim: Claim, error: AppError, deps: Deps) -> None:
    recorded = JobError(error.code, error.title, error.detail, claim.step.stage, error.retryable)
    is_outage = isinstance(error, StorageUnavailable | StoreUnavailable)
    status = deps.jobs.fail(claim, recorded, is_outage=is_outage)
    _log.warning("stage_failed", code=error.code, detail=error.detail, status=status)


def _as_app_error(error: BaseException) -> AppError:
    """What the record may say of an exception; the log has the whole of an unexpected one."""
    if isinstance(error, AppError):
        return error
    if isinstance(error, MemoryError):
        return OutOfMemory("the worker ran out of memory")
    _log.error("unexpected_error", exc_info=error)
    return InternalError("an unexpected error; the log has the details under the job's id")


def _patiently(report: Callable[[], T]) -> T | None:
    """Report to the store through a short outage; after that the lease expires and the step is tried again."""
    give_up = time.monotonic() + _STORE_PATIENCE_SECONDS
    while True:
        try:
            return report()
        except StoreUnavailable:
            if time.monotonic() > give_up:
                _log.error("outcome_not_recorded")
                return None
            time.sleep(0.5)
