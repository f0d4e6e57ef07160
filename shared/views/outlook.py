"""How long a job will still take: its place in the queue times the measured speed of its model."""

from dataclasses import dataclass

from shared.jobs.job import Job, Status
from shared.jobs.store import JobStore


@dataclass(frozen=True, slots=True)
class Outlook:
    """How long a job will still take, as far as the store can tell."""

    queue_position: int
    eta_seconds: float | None


def outlook_of(jobs: JobStore, job: Job) -> Outlook:
    """Where the job stands in the queue and when it should be done."""
    if job.status.is_final:
        return Outlook(0, 0.0)
    position = jobs.queue_position(job) if job.status is Status.QUEUED else 0
    return expected(job, position, jobs.seconds_per_job(job.spec.model))


def expected(job: Job, queue_position: int, seconds_per_job: float | None) -> Outlook:
    """The same of what is known already."""
    if job.status.is_final:
        return Outlook(0, 0.0)
    if seconds_per_job is None:
        return Outlook(queue_position, None)
    return Outlook(queue_position, round(seconds_per_job * (queue_position + 1 - job.progress), 1))
