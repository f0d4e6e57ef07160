"""The job resource as an answer: body, validators, when to ask again."""

import time
from http import HTTPStatus

from flask import Response
from werkzeug.datastructures import ETags

from api.answering.outlook import outlook_of, retry_after
from api.deps import Deps
from shared.idempotency.port import StoredAnswer
from shared.ids import is_id
from shared.jobs.job import Job, Status
from shared.jobs.results import OutputFile
from shared.jobs.store import Created
from shared.views.job import JobView, job_view, signed_url
from shared.views.outlook import Outlook, expected

Answer = tuple[JobView, int, dict[str, str]]


def view_of(deps: Deps, job: Job, outlook: Outlook | None = None) -> JobView:
    """The job resource."""

    def url_of(file: OutputFile) -> str:
        return signed_url(deps.objects, deps.settings, job.id, file)

    return job_view(job, outlook or outlook_of(deps, job), deps.settings, url_of)


def accepted(deps: Deps, made: Created) -> StoredAnswer:
    """202: the job waits."""
    outlook = expected(made.job, made.queue_position, made.seconds_per_job)
    headers = {"Location": f"/v1/jobs/{made.job.id}", "Retry-After": retry_after(outlook)}
    return StoredAnswer(HTTPStatus.ACCEPTED, headers, view_of(deps, made.job, outlook).model_dump_json())


def current(deps: Deps, job: Job) -> Answer:
    """200: the job as it stands."""
    outlook = outlook_of(deps, job)
    return view_of(deps, job, outlook), HTTPStatus.OK, polling_headers(deps, job, outlook)


def unchanged(deps: Deps, job_id: str, tenant: str, tags: ETags) -> Response | None:
    """304 when the caller has seen the job as it stands: one look at the store, and nothing is parsed."""
    seen = deps.archive.standing(job_id) if tags and is_id("job", job_id) else None
    if seen is None or seen.tenant != tenant or seen.expires_at <= time.time():
        return None
    tag = _entity_tag(deps, seen.version, seen.queue_position)
    if not tags.contains_weak(tag):
        return None
    each = seen.seconds_per_job
    outlook = Outlook(seen.queue_position, each and each * (seen.queue_position + 1))
    return bodiless(HTTPStatus.NOT_MODIFIED, _headers(tag, seen.status, outlook))


def polling_headers(deps: Deps, job: Job, outlook: Outlook) -> dict[str, str]:
    """What a poller is told."""
    return _headers(_entity_tag(deps, job.version, outlook.queue_position), job.status, outlook)


def _headers(tag: str, status: Status, outlook: Outlook) -> dict[str, str]:
    headers = {"ETag": f'W/"{tag}"', "Cache-Control": "private, no-cache"}
    if not status.is_final:
        headers["Retry-After"] = retry_after(outlook)
    return headers


def _entity_tag(deps: Deps, version: int, queue_position: int) -> str:
    """Changes with the record, with the place in the queue, and twice in the lifetime of a result's URL.

    The last, because whoever is told 304 keeps the URLs of an earlier answer, and those expire.
    """
    period = int(time.time() // (deps.settings.url_lifetime_seconds / 2))
    return f"{version}.{queue_position}.{period}"


def bodiless(status: HTTPStatus, headers: dict[str, str] | None = None) -> Response:
    """An answer of headers alone."""
    return _Bodiless(status=status, headers=headers)


class _Bodiless(Response):
    default_mimetype = None
    """Werkzeug would say text/html of nothing at all."""
