"""The words of the OpenAPI document that stand in no view, specification or docstring."""

from typing import Any

from pydantic import BaseModel

from api.intake.uploads import UploadSpec
from shared.spec.webhook import EndpointChangeSpec, EndpointSpec

DESCRIPTION = """\
Removes the background from photos, as jobs: create one, poll it, fetch its result.

Every answer carries `X-Request-ID`: the caller's own, if it is sane, else a new one. It stands in every line of the
server's log that the request, and the job that comes of it, cause.

With keys, every answer tells what is left of the tenant's minute in `RateLimit` and `RateLimit-Policy`
(draft-ietf-httpapi-ratelimit-headers), where it has limits. A posted picture counts its megapixels, rounded up, when
it is handed in; one that a URL or an upload names counts 1, and the rest in the minute in which a worker has it; a
batch's lines count likewise, each when its turn comes, and never more than once however often it is tried. When a
minute is used up, new jobs and batches get 429 with `Retry-After`; what was accepted goes on. A job that becomes
`expired` gives back what it counted for.

JSON is read strictly: an unknown field is refused at every depth, and so is a number or a truth value in quotes.
Bodies are taken as they are, without `Content-Encoding`.

Whatever goes wrong is a problem document (RFC 9457) with a stable `code`; docs/errors.md lists them all. Under
`/v1.0` it is what remove.bg's clients expect instead: `errors`.
"""

SECURITY_SCHEMES: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key as `cutroom keys create` prints it.",
    },
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
}

OPEN_TAGS = ["Health"]
"""Operations tagged so need no key."""

BODIES: dict[str, type[BaseModel]] = {
    "createUpload": UploadSpec,
    "createWebhook": EndpointSpec,
    "changeWebhook": EndpointChangeSpec,
}
"""What is sent as JSON, by operation."""


def _id(prefix: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{prefix}_[0-9a-hjkmnp-tv-z]{{26}}$"}


PATH_PARAMETERS = {
    "job_id": _id("job"),
    "batch_id": _id("bat"),
    "webhook_id": _id("whk"),
    "delivery_id": _id("dlv"),
}

_ONCE = {
    "Idempotency-Key": "Yours, 1 to 255 characters: a request sent twice with the same key is done once, and answered"
    " twice. Kept for a day."
}
_UNCHANGED = {"If-None-Match": "The `ETag` of an earlier answer: 304 while nothing has changed."}
REQUEST_HEADERS: dict[str, dict[str, str]] = {
    "createJob": {
        **_ONCE,
        "Prefer": "`wait=N`: hold the answer for up to N seconds (at most 60, as with `wait` alone) until the job"
        " has ended; `respond-async`: do not.",
    },
    "createUpload": _ONCE,
    "createBatch": _ONCE,
    "createWebhook": _ONCE,
    "getJob": _UNCHANGED,
    "getBatch": _UNCHANGED,
    "listBatches": _UNCHANGED,
    "followJob": {"Last-Event-ID": "The `id` of the last event that came through."},
}
"""What may be sent along, by operation."""

EVERY_ANSWER = {"X-Request-ID": "The request's id."}
KEYED_ANSWERS = {
    "RateLimit": '`"requests";r=…;t=…, "megapixels";r=…;t=…`: what is left, and for how many seconds. Where the'
    " tenant has limits.",
    "RateLimit-Policy": '`"requests";q=…;w=60, "megapixels";q=…;w=60`: what a minute allows.',
}

_RETRY_AFTER = {
    "Retry-After": "When to look, in seconds: from the queue and the measured speed of the model."
}
_REPLAY = {"Idempotent-Replay": "`true` when this `Idempotency-Key` was answered before."}
_PREFERENCE = {"Preference-Applied": "The preference that was followed."}
_VALIDATORS = {"ETag": "For `If-None-Match`.", "Cache-Control": "`private, no-cache`."}
_LOCATION = {"Location": "Where it is."}

ANSWER_HEADERS: dict[tuple[str, str], dict[str, str]] = {
    ("createJob", "200"): _LOCATION | _REPLAY | _PREFERENCE,
    ("createJob", "202"): _LOCATION | _RETRY_AFTER | _REPLAY | _PREFERENCE,
    ("getJob", "200"): _VALIDATORS | _RETRY_AFTER,
    ("getJob", "304"): _VALIDATORS | _RETRY_AFTER,
    ("cancelJob", "200"): _VALIDATORS | _RETRY_AFTER,
    ("retryJob", "200"): _VALIDATORS | _RETRY_AFTER,
    ("getResult", "202"): _RETRY_AFTER,
    ("getResult", "302"): _LOCATION,
    ("createUpload", "201"): _REPLAY,
    ("createBatch", "202"): _LOCATION | _RETRY_AFTER | _REPLAY,
    ("createWebhook", "201"): _LOCATION | _REPLAY,
    ("getBatch", "200"): _VALIDATORS,
    ("getBatch", "304"): _VALIDATORS,
    ("listBatches", "200"): _VALIDATORS,
    ("listBatches", "304"): _VALIDATORS,
}
"""What is answered along, by operation and status."""

JSON_ANSWERS = {("createJob", "200"): "JobView"}
TEXT_ANSWERS = {("followJob", "200"): "text/event-stream", ("getBatchResults", "200"): "application/x-ndjson"}
