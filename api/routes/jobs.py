"""Jobs: create, look, fetch the result, cancel."""

import time
from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import BaseModel, ConfigDict

from api.admission import admit
from api.deps import Deps, current_deps
from api.outlook import outlook_of, retry_after
from api.problems import problem_responses
from api.reading import read_job_spec
from api.receiving import received
from api.requests import current_request_id
from api.tenancy import current_tenant, own_job
from api.views import JobView, Outlook, job_view, signed_url
from shared.errors import JobFailed, NotFound
from shared.jobs.job import Job, Status
from shared.jobs.results import OutputFile

jobs = APIBlueprint("jobs", __name__, url_prefix="/v1/jobs", tag="Jobs")

Answer = tuple[JobView, int, dict[str, str]]


class ResultQuery(BaseModel):
    """Which output of a job."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: str = "image"
    """The output's `name`."""


@jobs.post("")
@jobs.output(JobView, status_code=202, description="Recorded and queued.")
@jobs.doc(operation_id="createJob", responses=problem_responses(400, 413, 415, 422, 503))
def create_job() -> Answer:
    """Create a job.

    Post `multipart/form-data` with the picture as the part `image` and, if you like, a JobSpec as the part
    `spec`; or post a JobSpec as `application/json` whose `input.url` says where the picture is.
    """
    deps = current_deps()
    with received(request, deps.settings.max_bytes) as posted:
        spec = read_job_spec(posted.spec_json, deps.settings, has_picture=posted.picture is not None)
        job = admit(deps, current_tenant(), spec, posted.picture, current_request_id())
    outlook = outlook_of(deps, job)
    headers = {"Location": f"/v1/jobs/{job.id}", "Retry-After": retry_after(outlook)}
    return _view(deps, job, outlook), HTTPStatus.ACCEPTED, headers


@jobs.get("/<job_id>")
@jobs.output(JobView)
@jobs.doc(operation_id="getJob", responses={304: "Nothing changed.", **problem_responses(404, 503)})
def get_job(job_id: str) -> Answer | Response:
    """Look at a job.

    Send the answer's `ETag` as `If-None-Match`, and nothing is sent while nothing has changed.
    """
    deps = current_deps()
    job = own_job(job_id)
    outlook = outlook_of(deps, job)
    headers = _polling_headers(deps, job, outlook)
    if request.if_none_match.contains_weak(_entity_tag(deps, job, outlook)):
        return _bodiless(HTTPStatus.NOT_MODIFIED, headers)
    return _view(deps, job, outlook), HTTPStatus.OK, headers


@jobs.get("/<job_id>/result")
@jobs.input(ResultQuery, location="query", arg_name="query")
@jobs.output(JobView, status_code=202, description="Not finished; ask again after `Retry-After` seconds.")
@jobs.doc(
    operation_id="getResult",
    responses={302: "The file is at `Location`, for a while.", **problem_responses(404, 409, 422, 503)},
)
def get_result(job_id: str, query: ResultQuery) -> Answer | Response:
    """Fetch a result: a redirect to the file."""
    deps = current_deps()
    job = own_job(job_id)
    if not job.status.is_final:
        outlook = outlook_of(deps, job)
        return _view(deps, job, outlook), HTTPStatus.ACCEPTED, {"Retry-After": retry_after(outlook)}
    if job.status is not Status.SUCCEEDED:
        raise JobFailed(_why_no_result(job))
    for file in job.outputs:
        if file.name == query.name:
            url = signed_url(deps.objects, deps.settings, job.id, file)
            return _bodiless(HTTPStatus.FOUND, {"Location": url, "Cache-Control": "no-store"})
    known = ", ".join(file.name for file in job.outputs)
    raise NotFound(f"the job has no output of this name; it has {known}")


@jobs.post("/<job_id>/cancel")
@jobs.output(JobView)
@jobs.doc(operation_id="cancelJob", responses=problem_responses(404, 503))
def cancel_job(job_id: str) -> Answer:
    """Cancel a job.

    A queued job never starts; a running one stops at its next stage. A finished job stays as it is.
    """
    deps = current_deps()
    deps.jobs.cancel(own_job(job_id).id)
    job = own_job(job_id)
    outlook = outlook_of(deps, job)
    return _view(deps, job, outlook), HTTPStatus.OK, _polling_headers(deps, job, outlook)


def _view(deps: Deps, job: Job, outlook: Outlook) -> JobView:
    def url_of(file: OutputFile) -> str:
        return signed_url(deps.objects, deps.settings, job.id, file)

    return job_view(job, outlook, deps.settings, url_of)


def _polling_headers(deps: Deps, job: Job, outlook: Outlook) -> dict[str, str]:
    headers = {"ETag": f'W/"{_entity_tag(deps, job, outlook)}"', "Cache-Control": "private, no-cache"}
    if not job.status.is_final:
        headers["Retry-After"] = retry_after(outlook)
    return headers


def _bodiless(status: HTTPStatus, headers: dict[str, str]) -> Response:
    response = Response(status=status, headers=headers)
    # Werkzeug would say text/html of nothing at all.
    del response.headers["Content-Type"]
    return response


def _entity_tag(deps: Deps, job: Job, outlook: Outlook) -> str:
    """Changes with the record, with the place in the queue, and twice in the lifetime of a result's URL.

    The last, because whoever is told 304 keeps the URLs of an earlier answer, and those expire.
    """
    period = int(time.time() // (deps.settings.url_lifetime_seconds / 2)) if job.outputs else 0
    return f"{job.version}.{outlook.queue_position}.{period}"


def _why_no_result(job: Job) -> str:
    if job.error is None:
        return f"the job was {job.status}"
    return f"the job {job.status} with {job.error.code}: {job.error.detail}"
