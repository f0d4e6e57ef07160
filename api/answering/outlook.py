"""When to ask again: what the outlook of a job means for a poller."""

import math

from api.deps import Deps
from shared.jobs.job import Job
from shared.views import outlook
from shared.views.outlook import Outlook

# Polling faster than this gains nothing, slower than this feels stuck.
_SOONEST_SECONDS = 1
_LATEST_SECONDS = 60


def outlook_of(deps: Deps, job: Job) -> Outlook:
    """Where the job stands in the queue and when it should be done."""
    return outlook.outlook_of(deps.jobs, job)


def retry_after(expected: Outlook) -> str:
    """When to ask again, in whole seconds: a header's value."""
    seconds = math.ceil(expected.eta_seconds or 0)
    return str(min(max(seconds, _SOONEST_SECONDS), _LATEST_SECONDS))
