"""How long a job will still take: its place in the queue times the measured speed of its model."""

import math

from api.deps import Deps
from api.views import Outlook
from shared.jobs.job import Job, Status

# Polling faster than this gains nothing, slower than this feels stuck.
_SOONEST_SECONDS = 1
_LATEST_SECONDS = 60


def outlook_of(deps: Deps, job: Job) -> Outlook:
    """Where the job stands in the queue and when it should be done."""
    if job.status.is_final:
        return Outlook(0, 0.0)
    position = deps.jobs.queue_position(job) if job.status is Status.QUEUED else 0
    each = deps.jobs.seconds_per_job(job.spec.model)
    if each is None:
        return Outlook(position, None)
    return Outlook(position, round(each * (position + 1 - job.progress), 1))


def retry_after(outlook: Outlook) -> str:
    """When to ask again, in whole seconds: a header's value."""
    seconds = math.ceil(outlook.eta_seconds or 0)
    return str(min(max(seconds, _SOONEST_SECONDS), _LATEST_SECONDS))
