"""Ring every step whose deadline has passed: lost messages, silent workers, retries that are due."""

import structlog

from shared.jobs.store import JobStore
from shared.queue.port import JobQueue

_log = structlog.get_logger(__name__)

PAGE = 200
"""Steps a pass looks at: a sweep never costs more than a page."""


def sweep(jobs: JobStore, queue: JobQueue) -> int:
    """One pass; returns how many steps were rung. Raises StoreUnavailable."""
    rings = jobs.due(PAGE)
    for rung, ring in enumerate(rings):
        if not queue.ring(ring):
            return rung  # the others would wait as long each, and in vain; their next deadlines have been set
        _log.info("rung_again", job_id=ring.step.job_id, step=ring.step.name)
    return len(rings)
