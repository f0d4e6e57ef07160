"""The port to the job records: every transition is one atomic step, fenced by a token, timed by the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.jobs.job import Claim, Job, JobError, LeaseState, Refusal, Ring, Status, Step
from shared.jobs.line import BatchLine
from shared.jobs.results import InputFacts, Result, Segmented
from shared.spec.job import JobSpec


@dataclass(frozen=True, slots=True)
class Charge:
    """What came of asking a tenant's megapixels for a job."""

    is_granted: bool
    used: int
    """Of all the tenant's jobs in this minute; less than 0 where some were given back."""
    seconds_left: int
    """Of this minute."""


@dataclass(frozen=True, slots=True)
class Created:
    """A job as it was recorded, and how it stands among others."""

    job: Job
    rings: Sequence[Ring]
    """What is to be rung now."""
    queue_position: int
    seconds_per_job: float | None
    """Measured running mean of its model."""


class JobStore(Protocol):
    """Job records. Every method raises StoreUnavailable when the store does not answer."""

    def charge(self, job_id: str, tenant: str, megapixels: int, allowed: int) -> Charge:
        """Take megapixels for a job that is about to be made off those its tenant is allowed in this minute, of which
        nothing is taken if they do not fit. A job that was charged for already is granted, and costs no more.
        """

    def create(  # noqa: PLR0913, PLR0917 what a record begins with, and most of it is a word
        self,
        job_id: str,
        tenant: str,
        spec: JobSpec,
        picture: InputFacts | None,
        request_id: str,
        matte: Segmented | None = None,
    ) -> Created:
        """Record a new job and the steps of its first stage, which are to be rung. With a matte it needs no
        segment stage. A job of this id that is there already stays as it is.
        """

    def create_for_line(self, line: BatchLine, spec: JobSpec, request_id: str) -> Sequence[Ring]:
        """Record the job of a batch's waiting line; nothing, and nothing to ring, when it waits no more."""

    def get(self, job_id: str) -> Job:
        """The job as it stands. Raises NotFound."""

    def claim(self, step: Step, *, alone: bool = False) -> Claim | Refusal:
        """Take the lease on a step of the present stage, if nobody holds it; counts the attempt.

        A step whose last worker fell silent is a suspect: it is given only to a worker that runs nothing else
        (`alone`) meanwhile.
        """

    def renew(self, claim: Claim, progress: float) -> LeaseState:
        """Prolong the lease and publish the stage's progress (0..1)."""

    def commit(self, claim: Claim, result: Result, elapsed_ms: int) -> Sequence[Ring] | None:
        """Record the result; None when the lease was lost.

        After the stage's last part the next stage begins, whose steps are returned, to be rung. After the last
        stage the job has succeeded, unless it was cancelled meanwhile.
        """

    def fail(self, claim: Claim, error: JobError, *, is_outage: bool = False) -> Status | None:
        """Give the step back: to be tried again after a delay if the error allows it and attempts are left,
        else the step fails for good. None when the lease was lost.

        An outage of what we depend on uses up no attempts; it is waited out, but not for ever.

        A stage with parts goes on without the one that failed, as long as any of them succeeds; otherwise the
        job fails.
        """

    def release(self, claim: Claim) -> None:
        """Give the step back unfinished: the job ends if it was cancelled, else the step waits again."""

    def cancel(self, job_id: str) -> Status:
        """Cancel now if nothing runs, else at the next boundary. Idempotent. Raises NotFound."""

    def due(self, limit: int) -> Sequence[Ring]:
        """Steps whose deadline has passed, each given a new one: several keepers may ask at once."""

    def expire_late(self, limit: int) -> int:
        """Let jobs expire that were not begun or finished in the time they gave; how many were looked at."""

    def queue_position(self, job: Job) -> int:
        """How many jobs of its priority wait before this one; 0 when it runs or is next."""

    def seconds_per_job(self, model: str) -> float | None:
        """Measured running mean of a job's time in its stages; None before the first."""

    def check(self) -> None:
        """Raise StoreUnavailable unless the store answers now."""
