"""Holds a request until its job has ended: remove.bg's clients know no other answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from api.answering import waiting
from api.deps import Deps
from api.removebg.refusals import Mistake, Refusal
from shared.jobs.job import Job

LONGEST_SECONDS = 120.0
_BUSY_SECONDS = 5


@contextmanager
def held_connection() -> Iterator[None]:
    """One of the threads that may be held. Raises Refusal when all are."""
    let_go = waiting.hold()
    if let_go is None:
        raise _unavailable(Mistake("Too many images are being processed", "busy"))
    try:
        yield
    finally:
        let_go()


def ended(deps: Deps, job_id: str) -> Job:
    """The job once it has ended. Raises Refusal when that takes too long, and cancels it: nobody waits for it."""
    job = waiting.ended(deps, job_id, LONGEST_SECONDS)
    if job is not None:
        return job
    deps.jobs.cancel(job_id)
    raise _unavailable(Mistake("The image could not be processed in time", "timeout"))


def _unavailable(mistake: Mistake) -> Refusal:
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, mistake, retry_after_seconds=_BUSY_SECONDS)
