"""remove.bg's API: clients of theirs work here by changing their base URL. See docs/removebg.md."""

import json
import uuid
from http import HTTPStatus
from typing import Any, BinaryIO

import structlog
from apiflask import APIBlueprint
from flask import Response, request
from werkzeug.exceptions import HTTPException

from api.answering.resource import accepted
from api.answering.waiting import preference_of
from api.callers.budgets import current_windows
from api.callers.tenancy import current_tenant
from api.deps import Deps, current_deps
from api.intake.admission import Application, admit
from api.intake.reading import read_job_spec
from api.removebg import pictures, refusals
from api.removebg.mapping import background_of, job_document
from api.removebg.parameters import IMPROVING, Parameters, check_names, read_parameters
from api.removebg.receiving import Received, received
from api.removebg.refusals import MIME_TYPE, Refusal
from api.removebg.results import rate_headers, result_response
from api.removebg.waiting import ended, held_connection
from api.requests import current_request_id
from shared.errors import AppError
from shared.ids import new_id
from shared.jobs.job import Status
from shared.jobs.store import Created
from shared.limits import picture_limits
from shared.picture import inspect
from shared.spec.job import JobSpec

# Described in api/removebg/described.py: what the framework would say of it holds only where errors are problems.
removebg = APIBlueprint("removebg", __name__, url_prefix=refusals.PREFIX, enable_openapi=False)

_OFFER_BYTES = 12_000_000
_log = structlog.get_logger(__name__)


@removebg.post("/removebg")
def remove_background() -> Response:
    """Cut out one picture and answer with the result; with `Prefer: respond-async`, with the job."""
    deps, preference = current_deps(), preference_of(request)
    with received(request, deps.settings.max_bytes) as posted, held_connection():
        asked = read_parameters(posted.fields)
        check_names(posted.files)
        picture = pictures.source(posted, deps.settings)
        new = _new_job(deps, _job_spec(deps, asked, posted, picture), picture)
        if preference.applied == "respond-async":
            return _accepted(deps, new)
        job = ended(deps, new.job.id)
    if job.status is not Status.SUCCEEDED:
        raise refusals.of_job(job)
    return result_response(job, asked, deps.objects, as_json=_wants_json())


@removebg.get("/account")
def get_account() -> Response:
    """Say what is left: nothing is counted in credits here, so nothing is."""
    credits = {"total": 0, "subscription": 0, "payg": 0, "enterprise": 0}
    return _json({"data": {"attributes": {"credits": credits, "api": {"free_calls": 0, "sizes": "all"}}}})


@removebg.post("/improve")
def improve() -> Response:
    """Take note that a picture was offered; it is looked at, as remove.bg does, and not kept."""
    deps = current_deps()
    with received(request, _OFFER_BYTES) as posted, held_connection():
        check_names([*posted.fields, *posted.files], IMPROVING)
        inspect(pictures.source(posted, deps.settings), picture_limits(deps.settings))
    offer_id = str(uuid.uuid4())
    _log.info("improvement_offered", offer_id=offer_id)
    return _json({"id": offer_id})


@removebg.after_request
def _tell(response: Response) -> Response:
    response.headers.update(rate_headers(current_windows().get("megapixels")))
    if current_deps().settings.auth == "keys":
        # As remove.bg does. Without keys it would open the service to every page that a person visits.
        response.headers.setdefault("Access-Control-Allow-Origin", "*")
    return response


@removebg.errorhandler(Refusal)
def _refused(refusal: Refusal) -> Response:
    return refusal.response()


@removebg.errorhandler(AppError)
def _failed(error: AppError) -> Response:
    if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("request_failed", code=error.code, reason=repr(error.__cause__))
    return refusals.of_app_error(error).response()


@removebg.errorhandler(HTTPException)
def _not_served(error: HTTPException) -> Response:
    return refusals.of_http(error).response()


@removebg.errorhandler(Exception)
def _surprised(error: Exception) -> Response:
    _log.error("unexpected", exc_info=error)
    return refusals.of_surprise().response()


def _job_spec(deps: Deps, asked: Parameters, posted: Received, picture: BinaryIO) -> JobSpec:
    """What a job must do to give what was asked for. Raises Refusal, and what `inspect` raises."""
    facts = inspect(picture, picture_limits(deps.settings))
    pictures.check_backgrounds(posted, asked, deps.settings)
    background = background_of(asked)
    if "bg_image_file" in posted.files:
        upload_id = pictures.keep_background(deps, current_tenant(), posted.files["bg_image_file"])
        background = {"type": "background", "image": {"upload_id": upload_id}}
    document = job_document(asked, facts, background)
    return read_job_spec(json.dumps(document).encode(), deps.settings, has_picture=True)


def _new_job(deps: Deps, spec: JobSpec, picture: BinaryIO) -> Created:
    wanted = Application(new_id("job"), current_tenant(), spec, picture, current_request_id())
    return admit(deps, wanted)


def _accepted(deps: Deps, new: Created) -> Response:
    answer = accepted(deps, new)
    response = Response(answer.body, answer.status, dict(answer.headers), content_type="application/json")
    response.headers["Preference-Applied"] = "respond-async"
    return response


def _wants_json() -> bool:
    """Whether JSON is asked for, and not just let in beside everything else, as some libraries always do."""
    accepts = request.accept_mimetypes
    return accepts.quality("application/json") > accepts.quality("image/png")


def _json(document: dict[str, Any]) -> Response:
    return Response(json.dumps(document, separators=(",", ":")), content_type=MIME_TYPE)
