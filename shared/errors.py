"""Every error a caller or an operator can meet: one tree, one stable code each.

AppError
├── RequestError            the caller can mend it; never retried
│   ├── InvalidJson             400 invalid_json
│   ├── InvalidForm             400 invalid_form
│   ├── InvalidHeader           400 invalid_header
│   ├── UnsupportedMediaType    415 unsupported_media_type
│   ├── InvalidSpec             422 invalid_spec
│   ├── NotAuthenticated        who is asking?
│   │   ├── KeyMissing              401 key_missing
│   │   ├── KeyMalformed            401 key_malformed
│   │   ├── KeyUnknown              401 key_unknown
│   │   ├── KeyExpired              401 key_expired
│   │   └── KeyRevoked              401 key_revoked
│   ├── NotAllowed              403 not_allowed
│   ├── NotFound                404 not_found
│   ├── Gone                    410 expired
│   ├── JobFailed               409 job_failed
│   ├── NotRetryable            409 not_retryable
│   ├── BatchTooLarge           413 batch_too_large
│   ├── PictureNotReady         409 picture_not_ready
│   ├── UploadIncomplete        422 upload_incomplete
│   ├── IdempotencyKeyReused    422 idempotency_key_reused
│   ├── IdempotencyInProgress   409 idempotency_in_progress
│   ├── TooManyRequests         429 too_many_requests
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
│   ├── QueueFull               503 queue_full
│   ├── TooManyStreams          503 too_many_streams
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
    retry_after_seconds: int | None = None
    """When to ask again, where that is worth saying: a header of the answer."""

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


class InvalidJson(RequestError):
    """The body is not valid JSON."""

    code = "invalid_json"
    http_status = 400


class InvalidForm(RequestError):
    """The multipart form cannot be read."""

    code = "invalid_form"
    http_status = 400


class InvalidHeader(RequestError):
    """A header of the request is not valid."""

    code = "invalid_header"
    http_status = 400


class UnsupportedMediaType(RequestError):
    """The body's Content-Type is not accepted here."""

    code = "unsupported_media_type"
    http_status = 415


class InvalidSpec(RequestError):
    """The job specification is not valid."""

    code = "invalid_spec"

    def __init__(self, detail: str, problems: tuple[dict[str, str], ...] = ()) -> None:
        super().__init__(detail)
        self.problems = problems


class NotAuthenticated(RequestError):
    """The request carries no valid key."""

    code = "not_authenticated"
    http_status = 401


class KeyMissing(NotAuthenticated):
    """The request carries no key."""

    code = "key_missing"


class KeyMalformed(NotAuthenticated):
    """The key is mistyped or cut off."""

    code = "key_malformed"


class KeyUnknown(NotAuthenticated):
    """There is no such key."""

    code = "key_unknown"


class KeyExpired(NotAuthenticated):
    """The key has expired."""

    code = "key_expired"


class KeyRevoked(NotAuthenticated):
    """The key has been revoked."""

    code = "key_revoked"


class NotAllowed(RequestError):
    """The key does not allow this."""

    code = "not_allowed"
    http_status = 403


class NotFound(RequestError):
    """There is nothing under this address."""

    code = "not_found"
    http_status = 404


class Gone(RequestError):
    """What was here has expired or was deleted."""

    code = "expired"
    http_status = 410


class JobFailed(RequestError):
    """The job has no result."""

    code = "job_failed"
    http_status = 409


class NotRetryable(RequestError):
    """Only a failed or expired job can be tried again."""

    code = "not_retryable"
    http_status = 409


class BatchTooLarge(RequestError):
    """The batch has too many lines."""

    code = "batch_too_large"
    http_status = 413


class PictureNotReady(RequestError):
    """The other job has no picture yet."""

    code = "picture_not_ready"
    http_status = 409


class UploadIncomplete(RequestError):
    """The upload's bytes are not all there."""

    code = "upload_incomplete"


class IdempotencyKeyReused(RequestError):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"


class IdempotencyInProgress(RequestError):
    """The first request with this Idempotency-Key is still running."""

    code = "idempotency_in_progress"
    http_status = 409
    retry_after_seconds = 1


class TooManyRequests(RequestError):
    """The tenant's limit is used up for the moment."""

    code = "too_many_requests"
    http_status = 429

    def __init__(self, detail: str, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


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
    retry_after_seconds = 2


class QueueFull(TransientError):
    """Too many jobs wait already."""

    code = "queue_full"
    retry_after_seconds = 30


class TooManyStreams(TransientError):
    """Too many event streams are open already."""

    code = "too_many_streams"
    retry_after_seconds = 5


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
