"""What we answer about a batch and its lines."""

from pydantic import Field

from shared.batches.batch import Batch, BatchStatus, LineState
from shared.jobs.job import Status
from shared.settings import Settings
from shared.views.base import Moment, View, moment
from shared.views.job import ErrorView, OutputView, QualityView

SHOWN_PROBLEMS = 100
"""How many of a batch's invalid lines it names; its results name all."""


class CountsView(View):
    """How many lines stand where; the four last ones, `queued` and `running` make up `total`."""

    total: int
    queued: int
    running: int
    succeeded: int
    failed: int
    """With those that were not valid, and those whose deadline passed."""
    canceled: int


class LineProblemView(View):
    """Why a line is not valid."""

    line: int
    """From 1; 0 where it is about the whole."""
    code: str
    detail: str


class BatchLinksView(View):
    """Where to go from here."""

    self: str
    items: str
    results: str
    cancel: str
    retry_failed: str


class BatchView(View):
    """A batch."""

    id: str
    status: BatchStatus
    """`succeeded` when every line has ended and at least one succeeded, `failed` when none did."""
    counts: CountsView
    created_at: Moment
    finished_at: Moment | None
    expires_at: Moment | None
    """Its lines and results are deleted then; null while it runs."""
    errors: tuple[LineProblemView, ...] = Field(max_length=SHOWN_PROBLEMS)
    """Lines that are not valid; the results name those, too, that do not fit here."""
    links: BatchLinksView


class ItemView(View):
    """One line of a batch and what became of it."""

    line: int
    custom_id: str | None
    job_id: str | None
    """Null while the line waits for its turn, and for a line that is not valid."""
    status: Status
    """`expired` also where the line succeeded and its job's `retention` has ended since, which counts from the
    job's creation; a batch is kept from its end on, so it may outlive them. `counts` and the filter `status` go by
    how the line ended."""
    outputs: tuple[OutputView, ...]
    quality: QualityView | None
    error: ErrorView | None


def batch_view(batch: Batch, settings: Settings) -> BatchView:
    """The batch resource."""
    return BatchView(
        id=batch.id,
        status=batch.status,
        counts=_counts(batch),
        created_at=moment(batch.created_at),
        finished_at=moment(batch.finished_at) if batch.finished_at is not None else None,
        expires_at=moment(batch.expires_at) if batch.expires_at is not None else None,
        errors=tuple(LineProblemView.model_validate(problem) for problem in batch.problems),
        links=_links(f"{settings.base_url}/v1/batches/{batch.id}"),
    )


def _counts(batch: Batch) -> CountsView:
    return CountsView(
        total=batch.total,
        queued=batch.count(LineState.WAITING, LineState.QUEUED),
        running=batch.count(LineState.RUNNING),
        succeeded=batch.count(LineState.SUCCEEDED),
        failed=batch.count(LineState.FAILED, LineState.EXPIRED, LineState.INVALID),
        canceled=batch.count(LineState.CANCELED),
    )


def _links(here: str) -> BatchLinksView:
    return BatchLinksView(
        self=here,
        items=f"{here}/items",
        results=f"{here}/results",
        cancel=f"{here}/cancel",
        retry_failed=f"{here}/retry_failed",
    )
