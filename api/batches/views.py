"""What we answer about batches, beside the resource itself: lists, items, dry runs."""

import time
from collections.abc import Iterator, Sequence
from itertools import groupby

from api.deps import Deps
from shared.batches.batch import Batch, LineState
from shared.batches.lines import LINES_PER_OBJECT, StoredLine
from shared.errors import Gone
from shared.jobs.job import Job, Status
from shared.jobs.line import BatchLine
from shared.jobs.results import OutputFile
from shared.views.base import View
from shared.views.batch import BatchView, ItemView, LineProblemView
from shared.views.job import ErrorView, output_views, quality_view, signed_url

_STATUS = {
    LineState.WAITING: Status.QUEUED,
    LineState.QUEUED: Status.QUEUED,
    LineState.RUNNING: Status.RUNNING,
    LineState.SUCCEEDED: Status.SUCCEEDED,
    LineState.FAILED: Status.FAILED,
    LineState.EXPIRED: Status.EXPIRED,
    LineState.CANCELED: Status.CANCELED,
    LineState.INVALID: Status.FAILED,
}
_JOBLESS = (LineState.WAITING, LineState.INVALID)
_ENDED = (LineState.SUCCEEDED, LineState.FAILED, LineState.EXPIRED)
_OVER = ErrorView(
    code=Gone.code,
    title=Gone("").title,
    detail="the job's retention is over, or it was deleted; its files are gone",
    stage=None,
    retryable=False,
)


class BatchList(View):
    """Some batches, newest first."""

    data: tuple[BatchView, ...]
    next_cursor: str | None
    """The next page's `cursor`; null after the last. A page may be short, or even empty, and not be the last."""


class ItemList(View):
    """Some lines of a batch, in their order."""

    data: tuple[ItemView, ...]
    next_cursor: str | None
    """The next page's `cursor`; null after the last."""


class DryRunView(View):
    """What would come of a batch."""

    total: int
    valid: int
    invalid: int
    errors: tuple[LineProblemView, ...]
    """The first hundred."""
    estimate_seconds: float | None
    """From the measured speed of the models, on the workers that are there now; null before a measurement. As if each
    did one picture after the other: threads that work side by side make it shorter, by a multiple."""


def item_views(deps: Deps, batch: Batch, states: str, numbers: Sequence[int]) -> Iterator[ItemView]:
    """The lines of these numbers, which ascend; read object by object."""
    for place, group in groupby(numbers, lambda number: (number - 1) // LINES_PER_OBJECT):
        lines = deps.lines.object(batch.tenant, batch.id, place)
        wanted = [lines[(number - 1) % LINES_PER_OBJECT] for number in group]
        jobs = deps.archive.many([_job_id(batch, line) for line in wanted if _has_job(states, line)])
        for line in wanted:
            job = jobs.get(_job_id(batch, line)) if _has_job(states, line) else None
            yield _item(deps, batch, line, LineState(states[line.number - 1]), job)


def numbers_of(
    states: str, status: Status | None, flagged: frozenset[int] | None, after: int
) -> Iterator[int]:
    """The numbers of the lines behind `after` that stand so and are among the flagged."""
    for number, state in enumerate(states[after:], start=after + 1):
        has_status = status is None or _STATUS[LineState(state)] is status
        if has_status and (flagged is None or number in flagged):
            yield number


def _item(deps: Deps, batch: Batch, line: StoredLine, state: LineState, job: Job | None) -> ItemView:
    def url_of(file: OutputFile) -> str:
        return signed_url(deps.objects, deps.settings, _job_id(batch, line), file)

    was_never_fed = state in _JOBLESS or (state is LineState.CANCELED and job is None)
    is_over = state in _ENDED and (job is None or job.expires_at <= time.time())
    return ItemView(
        line=line.number,
        custom_id=line.custom_id,
        job_id=None if was_never_fed else _job_id(batch, line),
        # A line that failed has failed, whatever is still known of it; one that succeeded has nothing to show.
        status=Status.EXPIRED if is_over and state is LineState.SUCCEEDED else _STATUS[state],
        outputs=output_views(job, url_of) if job and not is_over else (),
        quality=quality_view(job) if job and not is_over else None,
        error=_OVER if is_over else _error(line, job),
    )


def _error(line: StoredLine, job: Job | None) -> ErrorView | None:
    if line.problem:
        return ErrorView(
            code=line.problem.code,
            title="The line is not valid.",
            detail=line.problem.detail,
            stage=None,
            retryable=False,
        )
    return ErrorView.model_validate(job.error) if job and job.error else None


def _has_job(states: str, line: StoredLine) -> bool:
    return LineState(states[line.number - 1]) not in _JOBLESS


def _job_id(batch: Batch, line: StoredLine) -> str:
    return BatchLine(batch.id, batch.tenant, line.number).job_id
