"""The port to a tenant's jobs as a whole: list them, look quickly, try again, delete, let expire."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from shared.jobs.job import Job, Ring, Status


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which jobs to list."""

    tenant: str
    limit: int
    status: Status | None = None
    batch_id: str | None = None
    before: str | None = None
    """The id of the last job of the page before this one."""


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, the newest first."""

    jobs: tuple[Job, ...]
    last_seen: str | None
    """Where the next page goes on, or None after the last. A page may hold fewer jobs than asked for: a look
    never costs more than a few thousand jobs, however few of them fit."""


@dataclass(frozen=True, slots=True)
class Glance:
    """As much of a job as shows whether it is worth another look."""

    status: Status
    version: int


@dataclass(frozen=True, slots=True)
class Standing:
    """As much of a job as a poller is told while nothing changes, read in one go."""

    tenant: str
    status: Status
    version: int
    expires_at: float
    queue_position: int
    seconds_per_job: float | None
    """Measured running mean of its model."""


class Changes(Protocol):
    """Of one job's record, from the moment one began to listen."""

    def wait(self, seconds: float) -> bool:
        """True when there is one; False after so long, or now and then before. Raises StoreUnavailable."""


class JobArchive(Protocol):
    """Jobs at rest. Every method raises StoreUnavailable when the store does not answer."""

    def page(self, query: JobQuery) -> JobPage:
        """A tenant's jobs that have not expired."""

    def many(self, job_ids: Sequence[str]) -> Mapping[str, Job]:
        """Jobs by their ids, without those that are not there."""

    def glance(self, job_id: str) -> Glance | None:
        """How the job stands, or None when there is none."""

    def changes(self, job_id: str) -> AbstractContextManager[Changes]:
        """Listen to a job; look at it inside the block, then wait: so no change is missed."""

    def end(self, job_id: str) -> AbstractContextManager[Changes]:
        """The same, for who only waits for the job's end."""

    def standing(self, job_id: str) -> Standing | None:
        """How the job stands among others, or None when there is none."""

    def waiting(self) -> int:
        """How many jobs wait for their first stage, of all tenants."""

    def retry(self, job_id: str) -> Sequence[Ring] | None:
        """Queue a failed or expired job again where it stopped; None when it is neither. Raises NotFound.

        Nothing is to be rung for a job that is queued or running: it goes on as it is.
        """

    def delete(self, job_id: str) -> None:
        """Let the job expire now; one that is not finished is cancelled first. Raises NotFound."""

    def expired(self, limit: int) -> Sequence[Job]:
        """Jobs whose time is over and on which nobody works; those not yet finished are cancelled."""

    def forget(self, job: Job) -> None:
        """Remove the record, once its files are gone, unless it has changed since. For a while it is known that there
        was one.
        """

    def was_deleted(self, tenant: str, job_id: str) -> bool:
        """Whether this tenant's job was here, and was forgotten not long ago."""
