"""Every error as one document, application/problem+json (RFC 9457), with a stable `code`."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import structlog
from apiflask import APIFlask, HTTPError
from flask import Response, request
from pydantic import BaseModel, ConfigDict
from werkzeug.exceptions import HTTPException

from api.removebg.refusals import PREFIX, of_http
from shared.errors import AppError, InternalError, InvalidSpec, NotAuthenticated, TransientError

_log = structlog.get_logger(__name__)

MIME_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = TransientError.retry_after_seconds


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    field: str
    """A JSON pointer such as `/effects/0/blur`, or the name of a part of the form."""
    code: str
    """What kind of mistake it is; stable."""
    detail: str
    """The same in words."""


class Problem(BaseModel):
    """Why a request was not fulfilled."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    """A URI for this kind of problem."""
    title: str
    """What kind of problem it is, in words."""
    status: int
    """The HTTP status."""
    detail: str
    """What went wrong this time."""
    instance: str
    """The path that was asked for."""
    code: str
    """Stable, for programs to branch on."""
    errors: list[FieldProblem] | None = None
    """Present when fields of the request are to blame."""


def problem(status: int, code: str, title: str, detail: str, errors: Iterable[FieldProblem] = ()) -> Response:
    """A problem document as a response."""
    document = Problem(
        type=f"urn:cutroom:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        instance=request.path,
        code=code,
        errors=list(errors) or None,
    )
    return Response(document.model_dump_json(exclude_none=True), status, content_type=MIME_TYPE)


def problem_responses(*statuses: int) -> dict[int | str, Any]:
    """What an operation's documentation says of these statuses."""
    return {status: HTTPStatus(status).phrase for status in statuses}


def register_problems(app: APIFlask) -> None:
    """Answer every exception of `app` with a problem document."""
    app.register_error_handler(AppError, _from_app_error)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_surprise)
    app.register_error_handler(HTTPError, _from_apiflask)


def _from_app_error(error: AppError) -> Response:
    fields = [FieldProblem(**one) for one in error.problems] if isinstance(error, InvalidSpec) else []
    response = problem(error.http_status, error.code, error.title, error.detail, fields)
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, NotAuthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="cutroom"'
    if isinstance(error, TransientError):
        _log.warning("unavailable", code=error.code, reason=repr(error.__cause__))
    elif error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", code=error.code, exc_info=error)
    return response


def _from_http(error: HTTPException) -> Response:
    """What Werkzeug refuses: no such route, wrong method, body too large. Redirects pass."""
    answer = error.get_response()
    status = HTTPStatus(answer.status_code)
    if status < HTTPStatus.BAD_REQUEST:
        return Response(answer.get_data(), status, answer.headers)
    if request.path.startswith(f"{PREFIX}/"):
        response = of_http(error).response()
    else:
        response = problem(status, status.name.lower(), status.phrase, error.description or status.phrase)
    if "Allow" in answer.headers:
        response.headers["Allow"] = answer.headers["Allow"]
    return response


def _from_apiflask(error: HTTPError) -> Response:
    """What `@input` refuses: `{"query": {"name": ["…"]}}`."""
    fields = [
        FieldProblem(field=name, code="invalid_parameter", detail=text)
        for place in error.detail.values()
        for name, texts in place.items()
        for text in texts
    ]
    title = "The parameters of the request are not valid."
    return problem(error.status_code, "invalid_parameter", title, _sentence(fields), fields)


def _from_surprise(error: Exception) -> Response:
    """Ours to mend: the log has the truth, the caller the request id and nothing else."""
    _log.error("unexpected", exc_info=error)
    fault = InternalError("something unexpected went wrong; the request id finds it in the server's log")
    return problem(fault.http_status, fault.code, fault.title, fault.detail)


def _sentence(fields: list[FieldProblem]) -> str:
    return "; ".join(f"{one.field}: {one.detail}" for one in fields)
