"""Jobs: create, list, look, fetch the result, cancel, try again, delete."""

import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import Field, StringConstraints

from api.answering.events import MIME_TYPE, Stream, events
from api.answering.outlook import outlook_of, retry_after
from api.answering.resource import Answer, accepted, bodiless, current, unchanged, view_of
from api.answering.waiting import Preference, finished, hold, preference_of
from api.callers.idempotency import OnceAnswered, once
from api.callers.tenancy import current_tenant, own_job
from api.deps import current_deps
from api.intake.admission import Application, admit
from api.intake.reading import check_webhook, read_job_spec
from api.intake.receiving import PostedJob, received
from api.intake.uploads import discard, uploads_of
from api.problems import problem_responses
from api.queries import Selection
from api.requests import current_request_id
from shared.errors import JobFailed, NotFound, NotRetryable, TooManyStreams
from shared.idempotency.port import StoredAnswer
from shared.jobs.archive import JobQuery
from shared.jobs.expiry import delete_files, delete_job
from shared.jobs.job import Job, Status
from shared.spec.job import JobSpec
from shared.views.base import View
from shared.views.job import JobView, signed_url

jobs = APIBlueprint("jobs", __name__, url_prefix="/v1/jobs", tag="Jobs")

_CHUNK_BYTES = 1 << 20


class ResultQuery(Selection):
    """Which output of a job."""

    name: str = ""
    """The output's `name`; left out, it is the first: `image`, unless the job has variants or compares models."""


class ListQuery(Selection):
    """Which jobs, and how many."""

    status: Status | None = None
    """Only jobs that stand so."""
    batch_id: Annotated[str, StringConstraints(pattern=r"^bat_[0-9a-z]{26}$")] | None = None
    """Only the jobs of this batch."""
    limit: int = Field(default=20, ge=1, le=100)
    """At most so many."""
    cursor: Annotated[str, StringConstraints(pattern=r"^job_[0-9a-z]{26}$")] | None = None
    """`next_cursor` of the page before."""


class JobList(View):
    """Some jobs, the newest first."""

    data: tuple[JobView, ...]
    next_cursor: str | None
    """The next page's `cursor`; null after the last. A page may be short, or even empty, and not be the last."""


@jobs.post("")
@jobs.output(JobView, status_code=202, description="Recorded and queued.")
@jobs.doc(
    operation_id="createJob",
    responses={
        200: "With `Prefer: wait`: the job has ended already.",
        **problem_responses(400, 409, 410, 413, 415, 422, 503),
    },
)
def create_job() -> Response:
    """Create a job.

    Post `multipart/form-data` with the picture as the part `image` and, if you like, a JobSpec as the part
    `spec`; or post a JobSpec as `application/json` whose `input` says where the picture is. Sent twice with the
    same `Idempotency-Key`, it is one job.
    """
    deps, preference = current_deps(), preference_of(request)
    with received(request, deps.settings.max_bytes) as posted:
        spec = read_job_spec(posted.spec_json, deps.settings, has_picture=posted.picture is not None)
        check_webhook(spec, deps.settings)

        def make(job_id: str) -> StoredAnswer:
            wanted = Application(job_id, current_tenant(), spec, posted.picture, current_request_id())
            return accepted(deps, admit(deps, wanted))

        outcome = once("job", _payload(spec, posted), make)
    return _waited_for(outcome, preference)


@jobs.get("")
@jobs.input(ListQuery, location="query", arg_name="query")
@jobs.output(JobList)
@jobs.doc(operation_id="listJobs", responses=problem_responses(422, 503))
def list_jobs(query: ListQuery) -> JobList:
    """List jobs, the newest first."""
    deps = current_deps()
    page = deps.archive.page(
        JobQuery(current_tenant(), query.limit, query.status, query.batch_id, before=query.cursor)
    )
    return JobList(data=tuple(view_of(deps, job) for job in page.jobs), next_cursor=page.last_seen)


@jobs.get("/<job_id>")
@jobs.output(JobView)
@jobs.doc(operation_id="getJob", responses={304: "Nothing changed.", **problem_responses(404, 410, 503)})
def get_job(job_id: str) -> Answer | Response:
    """Look at a job.

    Send the answer's `ETag` as `If-None-Match`, and nothing is sent while nothing has changed.
    """
    deps = current_deps()
    return unchanged(deps, job_id, current_tenant(), request.if_none_match) or current(deps, own_job(job_id))


@jobs.get("/<job_id>/result")
@jobs.input(ResultQuery, location="query", arg_name="query")
@jobs.output(JobView, status_code=202, description="Not finished; ask again after `Retry-After` seconds.")
@jobs.doc(
    operation_id="getResult",
    responses={302: "The file is at `Location`, for a while.", **problem_responses(404, 409, 410, 422, 503)},
)
def get_result(job_id: str, query: ResultQuery) -> Answer | Response:
    """Fetch a result: a redirect to the file."""
    deps = current_deps()
    job = own_job(job_id)
    if not job.status.is_final:
        outlook = outlook_of(deps, job)
        return view_of(deps, job, outlook), HTTPStatus.ACCEPTED, {"Retry-After": retry_after(outlook)}
    if job.status is not Status.SUCCEEDED:
        raise JobFailed(_why_no_result(job))
    for file in job.outputs:
        if query.name in ("", file.name):
            url = signed_url(deps.objects, deps.settings, job.id, file)
            return bodiless(HTTPStatus.FOUND, {"Location": url, "Cache-Control": "no-store"})
    known = ", ".join(file.name for file in job.outputs)
    raise NotFound(f"the job has no output of this name; it has {known}")


@jobs.get("/<job_id>/events")
@jobs.doc(
    operation_id="followJob",
    responses={200: "The job's changes, until it has ended.", **problem_responses(404, 410, 503)},
)
def follow_job(job_id: str) -> Response:
    """Follow a job as server-sent events.

    `status` and `progress` tell of changes, `done` carries the job as `GET` gives it, and ends the stream. Whoever
    comes back with `Last-Event-ID` is told only of what has changed since.
    """
    deps, job = current_deps(), own_job(job_id)
    let_go = hold()
    if let_go is None:
        raise TooManyStreams("poll the job instead, or come back later")

    def view(changed: Job) -> str:
        return view_of(deps, changed).model_dump_json()

    stream = Stream(deps, job, request.headers.get("Last-Event-ID", ""), view)
    response = Response(events(stream), mimetype=MIME_TYPE)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(let_go)
    return response


@jobs.post("/<job_id>/cancel")
@jobs.output(JobView)
@jobs.doc(operation_id="cancelJob", responses=problem_responses(404, 410, 503))
def cancel_job(job_id: str) -> Answer:
    """Cancel a job.

    A queued job never starts; a running one stops at its next stage. A finished job stays as it is.
    """
    deps = current_deps()
    deps.jobs.cancel(own_job(job_id).id)
    return current(deps, own_job(job_id))


@jobs.post("/<job_id>/retry")
@jobs.output(JobView, description="Queued again.")
@jobs.doc(operation_id="retryJob", responses=problem_responses(404, 409, 410, 503))
def retry_job(job_id: str) -> Answer:
    """Queue a failed or expired job again, under the same id.

    What its finished stages made is used again. A job that is queued or running goes on as it is.
    """
    deps, job = current_deps(), own_job(job_id)
    for upload_id in uploads_of(job.spec):
        deps.uploads.keep(upload_id, time.time() + job.spec.retention)
    rings = deps.archive.retry(job.id)
    if rings is None:
        raise NotRetryable("the job was canceled or has succeeded")
    for ring in rings:
        deps.queue.ring(ring)
    return current(deps, own_job(job_id))


@jobs.delete("/<job_id>")
@jobs.output({}, status_code=204, description="The job is gone.")
@jobs.doc(operation_id="deleteJob", responses=problem_responses(404, 410, 503))
def delete_job_now(job_id: str) -> Response:
    """Delete a job and its files now, and the upload that it was made of.

    A running job is canceled first; what its present stage still writes is deleted when that has ended.
    """
    deps, job = current_deps(), own_job(job_id)
    deps.archive.delete(job.id)
    job = deps.jobs.get(job.id)
    if job.spec.input and job.spec.input.upload_id:
        discard(deps, job.spec.input.upload_id)
    if job.status.is_final:
        delete_job(job, deps.archive, deps.objects)
    else:
        delete_files(job, deps.objects)
    return bodiless(HTTPStatus.NO_CONTENT)


def _waited_for(outcome: OnceAnswered, preference: Preference) -> Response:
    """The answer, or the finished job where the caller would rather wait for it."""
    response = outcome.response()
    if preference.wait_seconds > 0:
        _bring_up_to_date(response, outcome.resource_id, preference.wait_seconds)
    if preference.applied:
        response.headers["Preference-Applied"] = preference.applied
    return response


def _bring_up_to_date(response: Response, job_id: str, seconds: float) -> None:
    """Tell the job as it stands once it has ended, or the time is over; deleted meanwhile, as it began."""
    deps = current_deps()
    try:
        job = finished(deps, job_id, seconds) or deps.jobs.get(job_id)
    except NotFound:
        return
    outlook = outlook_of(deps, job)
    response.set_data(view_of(deps, job, outlook).model_dump_json())
    if job.status.is_final:
        response.status_code = HTTPStatus.OK
        del response.headers["Retry-After"]
    else:
        response.headers["Retry-After"] = retry_after(outlook)


def _payload(spec: JobSpec, posted: PostedJob) -> Iterator[bytes]:
    """What makes two requests the same: the picture is spooled, so it can be read once more."""
    yield spec.model_dump_json().encode()
    if posted.picture is not None:
        posted.picture.seek(0)
        while chunk := posted.picture.read(_CHUNK_BYTES):
            yield chunk
        posted.picture.seek(0)


def _why_no_result(job: Job) -> str:
    if job.error is None:
        return f"the job was {job.status}"
    return f"the job {job.status} with {job.error.code}: {job.error.detail}"
