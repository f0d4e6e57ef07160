"""Batches: hand in thousands of pictures, follow them, fetch the results in order."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import Field, StringConstraints

from api.answering.resource import bodiless
from api.batches.accepting import Sender, take_in, try_out
from api.batches.bodies import NDJSON, posted_batch
from api.batches.views import BatchList, DryRunView, ItemList, item_views, numbers_of
from api.callers.budgets import charge_megapixels
from api.callers.idempotency import HEADER, once
from api.callers.tenancy import current_tenant
from api.deps import current_deps
from api.problems import problem_responses
from api.queries import Query, Selection
from api.requests import current_request_id
from shared.batches.batch import Batch, BatchStatus
from shared.batches.canceling import cancel_open_jobs
from shared.errors import Gone, NotFound, NotRetryable
from shared.idempotency.port import StoredAnswer
from shared.ids import is_id
from shared.jobs.job import Status
from shared.views.batch import BatchView, batch_view

batches = APIBlueprint("batches", __name__, url_prefix="/v1/batches", tag="Batches")

_POLL_SECONDS = "2"
_PAGE = 200

Answer = tuple[BatchView, int, dict[str, str]]


class CreateQuery(Query):
    """How the lines are to be read."""

    dry_run: bool = False
    """Check every line and answer counts, errors and an estimate; create nothing."""
    defaults: str = ""
    """A JSON object, for NDJSON: a JobSpec without `input` that holds for each line which says nothing else."""


class ListQuery(Selection):
    """Which batches, and how many."""

    status: BatchStatus | None = None
    """Only batches that stand so."""
    limit: int = Field(default=20, ge=1, le=100)
    """At most so many."""
    cursor: Annotated[str, StringConstraints(pattern=r"^bat_[0-9a-z]{26}$")] = ""
    """`next_cursor` of the page before."""


class ItemsQuery(Selection):
    """Which lines, and how many."""

    status: Status | None = None
    """Only lines that stand so."""
    flag: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,50}$")] | None = None
    """Only lines whose result has this quality flag."""
    limit: int = Field(default=100, ge=1, le=_PAGE)
    """At most so many."""
    cursor: int = Field(default=0, ge=0)
    """`next_cursor` of the page before."""


@batches.post("")
@batches.input(CreateQuery, location="query", arg_name="query")
@batches.output(BatchView, status_code=202, description="Every line is stored; the valid ones will be done.")
@batches.doc(
    operation_id="createBatch",
    responses={
        200: {"description": "`dry_run`: what would come of it.", "content": {"application/json": {}}},
        **problem_responses(400, 404, 409, 413, 415, 422, 503),
    },
)
def create_batch(query: CreateQuery) -> Response:
    """Create a batch of up to 50,000 lines.

    Send `application/x-ndjson`, a line for each picture: a JobSpec with `input`, and if you like a `custom_id`; or
    `application/json` with `items`, or with a `manifest_upload_id`. Lines that are not valid are named in `errors`
    and fail; the others are done, with priority `bulk`.
    """
    deps, tenant = current_deps(), current_tenant()
    with posted_batch(
        deps, request, tenant, query.defaults, is_repeatable=HEADER in request.headers
    ) as posted:
        if query.dry_run:
            return _json_response(try_out(deps, posted.lines))

        def make(batch_id: str) -> StoredAnswer:
            charge_megapixels(batch_id, 0)  # its lines count one by one, once their pictures are there
            batch = take_in(deps, Sender(batch_id, tenant, current_request_id()), posted.lines)
            headers = {"Location": f"/v1/batches/{batch.id}", "Retry-After": _POLL_SECONDS}
            body = batch_view(batch, deps.settings).model_dump_json()
            return StoredAnswer(HTTPStatus.ACCEPTED, headers, body)

        return once("bat", posted.payload, make).response()


@batches.get("")
@batches.input(ListQuery, location="query", arg_name="query")
@batches.output(BatchList)
@batches.doc(operation_id="listBatches", responses={304: "Nothing changed.", **problem_responses(422, 503)})
def list_batches(query: ListQuery) -> tuple[BatchList, int, dict[str, str]] | Response:
    """List batches, newest first."""
    deps = current_deps()
    found = deps.batches.page(current_tenant(), query.cursor, query.limit)
    tag = "-".join(f"{batch.id[-8:]}.{batch.version}" for batch in found) or "none"
    headers = _validators(f"{query.status or 'all'}-{tag}")
    if request.if_none_match.contains_weak(_tag_of(headers)):
        return bodiless(HTTPStatus.NOT_MODIFIED, headers)
    shown = [batch for batch in found if query.status in (None, batch.status)]
    following = found[-1].id if len(found) == query.limit else None
    listed = BatchList(data=tuple(batch_view(batch, deps.settings) for batch in shown), next_cursor=following)
    return listed, HTTPStatus.OK, headers


@batches.get("/<batch_id>")
@batches.output(BatchView)
@batches.doc(operation_id="getBatch", responses={304: "Nothing changed.", **problem_responses(404, 503)})
def get_batch(batch_id: str) -> Answer | Response:
    """Look at a batch.

    Send the answer's `ETag` as `If-None-Match`, and nothing is sent while nothing has changed.
    """
    batch = _own_batch(batch_id)
    headers = _polling_headers(batch)
    if request.if_none_match.contains_weak(_tag_of(headers)):
        return bodiless(HTTPStatus.NOT_MODIFIED, headers)
    return batch_view(batch, current_deps().settings), HTTPStatus.OK, headers


@batches.get("/<batch_id>/items")
@batches.input(ItemsQuery, location="query", arg_name="query")
@batches.output(ItemList)
@batches.doc(operation_id="listBatchItems", responses=problem_responses(404, 410, 422, 503))
def list_items(batch_id: str, query: ItemsQuery) -> ItemList:
    """List lines in their order: all, or those of a status or with a quality flag."""
    deps, batch = current_deps(), _readable(batch_id)
    states = deps.batches.states(batch.id)
    flagged = deps.batches.flagged(batch.id, query.flag) if query.flag else None
    numbers = numbers_of(states, query.status, flagged, query.cursor)
    page = [number for number, _ in zip(numbers, range(query.limit), strict=False)]
    following = str(page[-1]) if len(page) == query.limit else None
    return ItemList(data=tuple(item_views(deps, batch, states, page)), next_cursor=following)


@batches.get("/<batch_id>/results")
@batches.doc(
    operation_id="getBatchResults",
    responses={
        200: {"description": "A line for each line, in their order.", "content": {NDJSON: {}}},
        **problem_responses(404, 410, 503),
    },
)
def get_results(batch_id: str) -> Response:
    """Stream all lines as NDJSON, in the order in which they were handed in.

    May be asked for at any time: lines that are not finished say so.
    """
    deps, batch = current_deps(), _readable(batch_id)
    states = deps.batches.states(batch.id)

    def rows() -> Iterator[str]:
        for first in range(1, len(states) + 1, _PAGE):
            numbers = range(first, min(first + _PAGE, len(states) + 1))
            yield "".join(f"{item.model_dump_json()}\n" for item in item_views(deps, batch, states, numbers))

    return Response(rows(), mimetype=NDJSON, headers={"Cache-Control": "no-store"})


@batches.post("/<batch_id>/cancel")
@batches.output(BatchView)
@batches.doc(operation_id="cancelBatch", responses=problem_responses(404, 503))
def cancel_batch(batch_id: str) -> Answer:
    """Cancel what has not begun; what is done stays. A finished batch stays as it is."""
    deps, batch = current_deps(), _own_batch(batch_id)
    deps.batches.cancel(batch.id)
    if deps.batches.get(batch.id).status is BatchStatus.CANCELING:
        cancel_open_jobs(deps.batches, deps.jobs, batch.id, batch.tenant)
    return _current(batch_id)


@batches.post("/<batch_id>/retry_failed")
@batches.output(BatchView)
@batches.doc(operation_id="retryFailedItems", responses=problem_responses(404, 409, 410, 503))
def retry_failed(batch_id: str) -> Answer:
    """Do the failed lines once more, under the same job ids; those that are not valid stay as they are."""
    batch = _readable(batch_id)
    if batch.status in (BatchStatus.VALIDATING, BatchStatus.CANCELING):
        raise NotRetryable(f"the batch is {batch.status}")
    current_deps().batches.retry_failed(batch.id)
    return _current(batch_id)


def _own_batch(batch_id: str) -> Batch:
    missing = NotFound("there is no batch with this id")
    if not is_id("bat", batch_id):
        raise missing
    try:
        batch = current_deps().batches.get(batch_id)
    except NotFound:
        raise missing from None
    if batch.tenant != current_tenant():
        raise missing
    return batch


def _readable(batch_id: str) -> Batch:
    batch = _own_batch(batch_id)
    if batch.status is BatchStatus.EXPIRED:
        raise Gone("the batch has expired; its lines and results are gone")
    return batch


def _current(batch_id: str) -> Answer:
    batch = _own_batch(batch_id)
    return batch_view(batch, current_deps().settings), HTTPStatus.OK, _polling_headers(batch)


def _polling_headers(batch: Batch) -> dict[str, str]:
    headers = _validators(str(batch.version))
    return headers if batch.status.is_final else {**headers, "Retry-After": _POLL_SECONDS}


def _validators(tag: str) -> dict[str, str]:
    return {"ETag": f'W/"{tag}"', "Cache-Control": "private, no-cache"}


def _tag_of(headers: dict[str, str]) -> str:
    return headers["ETag"].removeprefix('W/"').removesuffix('"')


def _json_response(view: DryRunView) -> Response:
    return Response(view.model_dump_json(), content_type="application/json")
