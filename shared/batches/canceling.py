"""Cancels the jobs that a cancelled batch still has open."""

from shared.batches.batch import LineState
from shared.batches.store import BatchStore
from shared.errors import NotFound
from shared.jobs.line import BatchLine
from shared.jobs.store import JobStore

_OPEN = (LineState.QUEUED, LineState.RUNNING)


def cancel_open_jobs(batches: BatchStore, jobs: JobStore, batch_id: str, tenant: str) -> int:
    """Cancel what was fed and has not ended: never more than a tenant's window. Idempotent."""
    canceled = 0
    for number, state in enumerate(batches.states(batch_id), start=1):
        if state in _OPEN:
            canceled += _cancel(jobs, BatchLine(batch_id, tenant, number).job_id)
    return canceled


def _cancel(jobs: JobStore, job_id: str) -> int:
    try:
        jobs.cancel(job_id)
    except NotFound:
        return 0
    return 1
