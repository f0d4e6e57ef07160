"""Uploads that bypass the API: announced here, sent straight to storage, used by a job."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from api.callers.tenancy import current_tenant
from api.deps import Deps, current_deps
from shared.errors import InvalidSpec, NotFound, UploadIncomplete
from shared.ids import is_id
from shared.picture import CONTENT_TYPES
from shared.spec.base import WHOLE, Spec
from shared.spec.effects import BackgroundSpec
from shared.spec.job import JobSpec
from shared.storage.keys import input_key
from shared.storage.port import SignedRequest
from shared.uploads.store import Upload
from shared.views.base import Moment, View

_CHUNK_BYTES = 1 << 20
MANIFEST = "application/x-ndjson"
MAX_MANIFEST_BYTES = 1_000_000_000
"""As much as a batch may have that is streamed."""
_TYPES = (*dict.fromkeys(CONTENT_TYPES.values()), MANIFEST)


class UploadSpec(Spec):
    """What will be uploaded."""

    content_type: Annotated[str, Field(json_schema_extra={"enum": list(_TYPES)})]
    """The picture's media type, or that of a batch's manifest."""
    bytes: Annotated[int, Field(ge=1, le=MAX_MANIFEST_BYTES), WHOLE]
    """Its exact length; of a picture at most what is accepted when it is posted, too: 25 MB unless it is set."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """If given, only a picture with this hash may be used."""

    @field_validator("content_type")
    @classmethod
    def _known_type(cls, content_type: str) -> str:
        if content_type not in _TYPES:
            raise ValueError(f"one of {', '.join(_TYPES)}")
        return content_type


class UploadView(View):
    """Where to send the picture, and how."""

    id: str
    method: str
    url: str
    """Signed: takes exactly the announced length and type, until `expires_at`."""
    headers: dict[str, str]
    """To be sent exactly so."""
    expires_at: Moment


def announce(deps: Deps, upload_id: str, spec: UploadSpec) -> tuple[Upload, SignedRequest]:
    """Remember an upload and sign the request that makes it. Raises InvalidSpec for a picture too large."""
    kind, most = ("picture", deps.settings.max_bytes)
    if spec.content_type == MANIFEST:
        kind, most = ("manifest", MAX_MANIFEST_BYTES)
    if spec.bytes > most:
        detail = f"a {kind} may have at most {most} bytes"
        raise InvalidSpec(detail, ({"field": "/bytes", "code": "less_than_equal", "detail": detail},))
    now, tenant = time.time(), current_tenant()
    upload = Upload(
        id=upload_id,
        tenant=tenant,
        key=input_key(tenant, upload_id),
        content_type=spec.content_type,
        bytes=spec.bytes,
        sha256=spec.sha256,
        expires_at=now + deps.settings.upload_url_seconds,
    )
    deps.uploads.add(upload, now + deps.settings.upload_keep_seconds)
    return upload, deps.objects.presign_put(
        upload.key,
        expires_in=timedelta(seconds=deps.settings.upload_url_seconds),
        content_type=upload.content_type,
        content_length=upload.bytes,
    )


def own_upload(upload_id: str) -> Upload:
    """The caller's upload, whose bytes are all there.

    Raises NotFound for one that is unknown, over, or another tenant's, and UploadIncomplete.
    """
    deps = current_deps()
    upload = deps.uploads.find(upload_id) if is_id("upl", upload_id) else None
    if upload is None or upload.tenant != current_tenant():
        raise NotFound(f"there is no upload {upload_id[:40]}; it may have been deleted since")
    stored = deps.objects.stat(upload.key)
    if stored is None:
        raise UploadIncomplete("nothing has been uploaded yet: PUT the picture to the upload's URL first")
    if stored.bytes != upload.bytes:
        raise UploadIncomplete(f"{upload.bytes} bytes were announced, {stored.bytes} have arrived")
    if upload.sha256 and upload.sha256 != _sha256(deps, upload.key):
        raise UploadIncomplete("what was uploaded does not have the SHA-256 that was announced")
    return upload


def keep_uploads(deps: Deps, spec: JobSpec) -> None:
    """Let every upload that a new job names last as long as the job. Raises NotFound and UploadIncomplete."""
    named = [own_upload(upload_id) for upload_id in dict.fromkeys(uploads_of(spec))]
    for upload in named:
        deps.uploads.keep(upload.id, time.time() + spec.retention)


def uploads_of(spec: JobSpec) -> Iterator[str]:
    """The ids of all uploads that a job names: the picture's, then those of backgrounds."""
    if spec.input and spec.input.upload_id:
        yield spec.input.upload_id
    for effects in (spec.effects, *(variant.effects for variant in spec.variants)):
        for effect in effects:
            if isinstance(effect, BackgroundSpec) and effect.image and effect.image.upload_id:
                yield effect.image.upload_id


def discard(deps: Deps, upload_id: str) -> None:
    """Delete an upload now, if it is still there."""
    upload = deps.uploads.find(upload_id)
    if upload is not None:
        deps.objects.delete(upload.key)
        deps.uploads.forget(upload)


def _sha256(deps: Deps, key: str) -> str:
    hashed = hashlib.sha256()
    with closing(deps.objects.open(key)) as body:
        while chunk := body.read(_CHUNK_BYTES):
            hashed.update(chunk)
    return hashed.hexdigest()
