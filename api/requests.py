"""What surrounds every request: its id, on the answer and on each log line, and one line of its own."""

import re
import time

import structlog
from flask import Flask, Response, g, request

from shared import logs
from shared.errors import UnsupportedMediaType
from shared.ids import new_id

HEADER = "X-Request-ID"

# What a caller may choose: nothing that could break out of a log line or a header.
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_PROBES = ("/healthz", "/readyz")

_log = structlog.get_logger(__name__)


def register_requests(app: Flask) -> None:
    """Give every request of `app` an id and a log line."""
    app.before_request(_begin)
    app.before_request(_check_encoding)
    app.after_request(_end)
    app.teardown_request(_forget)


def current_request_id() -> str:
    """The id of this request."""
    return str(g.request_id)


def _begin() -> None:
    asked = request.headers.get(HEADER, "")
    g.request_id = asked if _SANE.fullmatch(asked) else new_id("req")
    g.began = time.monotonic()
    logs.bind(request_id=g.request_id)


def _check_encoding() -> None:
    """Nothing here unpacks a body. Raises UnsupportedMediaType, where it would be called damaged otherwise."""
    if request.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise UnsupportedMediaType("send the body as it is, without Content-Encoding")


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    elapsed_ms = round((time.monotonic() - g.began) * 1000)
    level = _log.debug if request.path in _PROBES else _log.info
    # The path only: a query may carry a signature.
    level("request", method=request.method, path=request.path, status=response.status_code, ms=elapsed_ms)
    return response


def _forget(_error: BaseException | None) -> None:
    logs.unbind()
