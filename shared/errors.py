"""Every error a caller or an operator can meet: one tree, one stable code each.

AppError
├── RequestError            the caller can mend it; never retried
│   ├── InvalidSpec             422 invalid_spec
│   ├── NotFound                404 not_found
│   ├── JobFailed               409 job_failed
│   ├── UnreadableImage         422 unreadable_image
│   ├── UnsupportedFormat       415 unsupported_format
│   ├── ImageTooLarge           413 image_too_large
│   ├── TooManyMegapixels       413 too_many_megapixels
│   ├── UrlNotAllowed           422 url_not_allowed
│   ├── DownloadFailed          422 download_failed
│   ├── NoSubject               422 no_subject
│   ├── SignatureRefused        403 signature_refused
│   └── DeadlineExceeded        422 deadline_exceeded
├── TransientError          tried again with a delay
│   ├── StorageUnavailable      503 storage_unavailable
│   ├── StoreUnavailable        503 store_unavailable
│   ├── SourceUnreachable       503 download_failed
│   ├── OutOfMemory             503 out_of_memory
│   └── WorkerLost              503 worker_lost
└── FaultError              ours or the operator's
    ├── ModelUnavailable        503 model_unavailable
    ├── SettingsInvalid         500 settings_invalid
    └── InternalError           500 internal_error

The API turns one into a problem document, `worker/tasks/stage.py` into the job's `error`, with the same code.
The docstring is the public title; the message is the public detail, so it never holds a secret or a path.
"""

from typing import ClassVar


class AppError(Exception):
    """The service could not do what was asked."""

    code: ClassVar[str] = "internal_error"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def title(self) -> str:
        """The public title: the first line of the class's docstring."""
        return (self.__doc__ or "").splitlines()[0]


class RequestError(AppError):
    """The request cannot be fulfilled as it stands."""

    code = "invalid_request"
    http_status = 422


class InvalidSpec(RequestError):
    """The job specification is not valid."""

    code = "invalid_spec"

    def __init__(self, detail: str, problems: tuple[dict[str, str], ...] = ()) -> None:
        super().__init__(detail)
        self.problems = problems


class NotFound(RequestError):
    """There is nothing under this address."""

    code = "not_found"
    http_status = 404


class JobFailed(RequestError):
    """The job has no result."""

    code = "job_failed"
    http_status = 409


class UnreadableImage(RequestError):
    """The picture cannot be read."""

    code = "unreadable_image"


class UnsupportedFormat(RequestError):
    """The picture's format is not supported."""

    code = "unsupported_format"
    http_status = 415


class ImageTooLarge(RequestError):
    """The picture has too many bytes."""

    code = "image_too_large"
    http_status = 413


class TooManyMegapixels(RequestError):
    """The picture has too many pixels."""

    code = "too_many_megapixels"
    http_status = 413


class UrlNotAllowed(RequestError):
    """The server does not fetch from this address."""

    code = "url_not_allowed"


class DownloadFailed(RequestError):
    """The picture could not be downloaded."""

    code = "download_failed"


class NoSubject(RequestError):
    """No subject was found in the picture."""

    code = "no_subject"


class SignatureRefused(RequestError):
    """The signature of this URL is wrong or has expired."""

    code = "signature_refused"
    http_status = 403


class DeadlineExceeded(RequestError):
    """The deadline passed before the work was done."""

    code = "deadline_exceeded"


class TransientError(AppError):
    """Something is down for the moment."""

    code = "temporarily_unavailable"
    http_status = 503
    retryable = True


class StorageUnavailable(TransientError):
    """The object storage does not answer."""

    code = "storage_unavailable"


class StoreUnavailable(TransientError):
    """The job store does not answer."""

    code = "store_unavailable"


class SourceUnreachable(TransientError):
    """The picture's server does not answer."""

    code = "download_failed"


class OutOfMemory(TransientError):
    """The worker ran out of memory."""

    code = "out_of_memory"


class WorkerLost(TransientError):
    """The worker died each time it tried this job."""

    code = "worker_lost"


class FaultError(AppError):
    """The service is at fault."""


class ModelUnavailable(FaultError):
    """The model cannot be loaded on this server."""

    code = "model_unavailable"
    http_status = 503


class SettingsInvalid(FaultError):
    """The server's settings are not valid."""

    code = "settings_invalid"


class InternalError(FaultError):
    """Something unexpected went wrong."""
