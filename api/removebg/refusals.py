"""What went wrong, as remove.bg says it: `{"errors": [{"title", "code", "detail"}]}` and its status codes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response
from werkzeug.exceptions import HTTPException

from shared.errors import AppError, KeyMissing, NotAllowed, NotAuthenticated, TooManyRequests
from shared.jobs.job import Job
from shared.spec.job import Stage

PREFIX = "/v1.0"
"""Under which everything is said as remove.bg says it."""
MIME_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One entry of `errors`; what is empty is left out."""

    title: str
    code: str = ""
    detail: str = ""

    def document(self) -> dict[str, str]:
        """As it goes out."""
        named = {"title": self.title, "code": self.code, "detail": self.detail}
        return {name: text for name, text in named.items() if text}


class Refusal(Exception):
    """No result: a status, and why."""

    def __init__(self, status: int, *mistakes: Mistake, retry_after_seconds: int | None = None) -> None:
        super().__init__(mistakes[0].title)
        self.status = status
        self.mistakes = mistakes
        self.retry_after_seconds = retry_after_seconds

    def response(self) -> Response:
        """As it goes out."""
        errors = [mistake.document() for mistake in self.mistakes]
        body = json.dumps({"errors": errors}, separators=(",", ":"))
        response = Response(body, self.status, content_type=MIME_TYPE)
        if self.retry_after_seconds is not None:
            response.headers["Retry-After"] = str(self.retry_after_seconds)
        return response


def bad_request(title: str, code: str, detail: str = "") -> Refusal:
    """400 with one mistake."""
    return Refusal(HTTPStatus.BAD_REQUEST, Mistake(title, code, detail))


_PICTURE: Mapping[str, tuple[str, str]] = {
    "unreadable_image": ("failed_to_read_image", "There was an error reading the image."),
    "unsupported_format": ("invalid_file_type", "Invalid file type"),
    "image_too_large": ("file_too_large", "File too large"),
    "too_many_megapixels": ("resolution_too_high", "Image resolution too high"),
    "no_subject": ("unknown_foreground", "Could not identify foreground in image."),
}
_ADDRESS: Mapping[str, tuple[str, str]] = {
    "url_not_allowed": ("invalid_image_url", "Invalid image_url parameter given"),
    "download_failed": ("failed_image_download", "Failed to download image from given image_url"),
}
_BACKGROUND: Mapping[str, tuple[str, str]] = {
    "url_not_allowed": ("invalid_bg_image_url", "Invalid bg_image_url parameter given"),
    "download_failed": ("failed_bg_download", "Failed to download background image"),
    "unreadable_image": ("failed_bg_download", "There was an error reading the background image."),
    "unsupported_format": ("failed_bg_download", "There was an error reading the background image."),
}


def of_app_error(error: AppError) -> Refusal:
    """Whatever else of our own errors a request may meet."""
    if isinstance(error, KeyMissing):
        return Refusal(HTTPStatus.FORBIDDEN, Mistake("Missing API Key"))
    if isinstance(error, NotAuthenticated):
        return Refusal(HTTPStatus.FORBIDDEN, Mistake("API Key invalid", "auth_failed"))
    if isinstance(error, NotAllowed):
        return Refusal(HTTPStatus.FORBIDDEN, Mistake(error.title, error.code, error.detail))
    if isinstance(error, TooManyRequests):
        mistake = Mistake("Rate limit exceeded", "rate_limit_exceeded", error.detail)
        return Refusal(error.http_status, mistake, retry_after_seconds=error.retry_after_seconds)
    if error.code in _PICTURE:
        return _named(_PICTURE, error.code, error.detail)
    status = error.http_status if error.http_status >= 500 else HTTPStatus.BAD_REQUEST
    mistake = Mistake(error.title, error.code, error.detail)
    return Refusal(status, mistake, retry_after_seconds=error.retry_after_seconds)


def of_address(error: AppError) -> Refusal:
    """`image_url` gave nothing."""
    return _named(_ADDRESS, error.code, error.detail) if error.code in _ADDRESS else of_app_error(error)


def of_background(error: AppError) -> Refusal:
    """`bg_image_url` or `bg_image_file` cannot be used."""
    return _named(_BACKGROUND, error.code, error.detail) if error.code in _BACKGROUND else of_app_error(error)


def of_http(error: HTTPException) -> Refusal:
    """What Werkzeug refuses."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    return Refusal(status, Mistake(status.phrase, status.name.lower(), error.description or ""))


def of_surprise() -> Refusal:
    """Ours to mend: the log has the truth."""
    return Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR, Mistake("An unexpected error occurred", "internal_error")
    )


def of_job(job: Job) -> Refusal:
    """Why an ended job has no result."""
    error = job.error
    if error is None:
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, Mistake(f"The image was not processed: {job.status}"))
    if error.stage == Stage.RENDER and error.code in _BACKGROUND:
        return _named(_BACKGROUND, error.code, error.detail)
    if error.code in _PICTURE:
        return _named(_PICTURE, error.code, error.detail)
    status = HTTPStatus.SERVICE_UNAVAILABLE if error.retryable else HTTPStatus.INTERNAL_SERVER_ERROR
    return Refusal(status, Mistake(error.title, error.code, error.detail))


def _named(table: Mapping[str, tuple[str, str]], code: str, detail: str) -> Refusal:
    theirs, title = table[code]
    return bad_request(title, theirs, detail)
