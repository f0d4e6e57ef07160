"""The job resource as an answer: body, validators, when to ask again."""

import time
from http import HTTPStatus

from flask import Response

from api.deps import Deps
from api.outlook import outlook_of, retry_after
from api.views import JobView, Outlook, job_view, signed_url
from shared.idempotency.port import StoredAnswer
from shared.jobs.job import Job
from shared.jobs.results import OutputFile

Answer = tuple[JobView, int, dict[str, str]]


def view_of(deps: Deps, job: Job, outlook: Outlook | None = None) -> JobView:
    """The job resource."""

    def url_of(file: OutputFile) -> str:
        return signed_url(deps.objects, deps.settings, job.id, file)

    return job_view(job, outlook or outlook_of(deps, job), deps.settings, url_of)


def accepted(deps: Deps, job: Job) -> StoredAnswer:
    """202: the job waits."""
    outlook = outlook_of(deps, job)
    headers = {"Location": f"/v1/jobs/{job.id}", "Retry-After": retry_after(outlook)}
    return StoredAnswer(HTTPStatus.ACCEPTED, headers, view_of(deps, job, outlook).model_dump_json())


def current(deps: Deps, job: Job) -> Answer:
    """200: the job as it stands."""
    outlook = outlook_of(deps, job)
    return view_of(deps, job, outlook), HTTPStatus.OK, polling_headers(deps, job, outlook)


def polling_headers(deps: Deps, job: Job, outlook: Outlook) -> dict[str, str]:
    """What a poller is told."""
    headers = {"ETag": f'W/"{entity_tag(deps, job, outlook)}"', "Cache-Control": "private, no-cache"}
    if not job.status.is_final:
        headers["Retry-After"] = retry_after(outlook)
    return headers


def entity_tag(deps: Deps, job: Job, outlook: Outlook) -> str:
    """Changes with the record, with the place in the queue, and twice in the lifetime of a result's URL.

    The last, because whoever is told 304 keeps the URLs of an earlier answer, and those expire.
    """
    period = int(time.time() // (deps.settings.url_lifetime_seconds / 2)) if job.outputs else 0
    return f"{job.version}.{outlook.queue_position}.{period}"


def bodiless(status: HTTPStatus, headers: dict[str, str] | None = None) -> Response:
    """An answer of headers alone."""
    response = Response(status=status, headers=headers or {})
    # Werkzeug would say text/html of nothing at all.
    del response.headers["Content-Type"]
    return response
