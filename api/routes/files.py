"""Files of `file://` storage under signed, expiring URLs; with S3, clients go to S3 and this answers 404."""

from http import HTTPStatus
from typing import IO, BinaryIO, cast
from urllib.parse import urlsplit

from apiflask import APIBlueprint
from flask import Response, request
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import wrap_file

from api.answering.resource import bodiless
from api.deps import Deps, current_deps
from shared.errors import NotFound, UploadIncomplete
from shared.settings import Settings
from shared.storage.headers import attachment
from shared.storage.signing import FileRequest, Grant, verify

files = APIBlueprint("files", __name__, url_prefix="/v1/files", enable_openapi=False)

_CHUNK_BYTES = 1 << 20
_PIECE_BYTES = 1 << 16


@files.get("/<path:key>")
def get_file(key: str) -> Response:
    """Stream the object that the URL's signature allows."""
    deps = current_deps()
    if not serves_files(deps.settings):
        raise NotFound("this server does not serve files itself")
    grant = verify(FileRequest("GET", key, request.args), deps.settings.effective_signing_secret)
    return _stream(deps, grant)


@files.put("/<path:key>")
def put_file(key: str) -> Response:
    """Store a body of exactly the length and type that the URL's signature allows."""
    deps = current_deps()
    if not serves_files(deps.settings):
        raise NotFound("this server does not serve files itself")
    asked = FileRequest("PUT", key, request.args, request.content_type or "", request.content_length)
    grant = verify(asked, deps.settings.effective_signing_secret)
    body = ExactBody(request.stream, grant.content_length or 0)
    deps.objects.put(grant.key, cast(BinaryIO, body), content_type=grant.content_type)
    return bodiless(HTTPStatus.NO_CONTENT)


class ExactBody:
    """A body that must not end before it has all its bytes."""

    def __init__(self, source: IO[bytes], length: int) -> None:
        self._source = source
        self._missing = length

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes. Raises UploadIncomplete when there are none and should be."""
        if size < 0:
            return b"".join(iter(lambda: self.read(_CHUNK_BYTES), b""))
        wanted = min(size, self._missing)
        try:
            chunk = self._source.read(wanted) if wanted else b""
        except ClientDisconnected:
            chunk = b""
        if wanted and not chunk:
            raise UploadIncomplete(f"the body ended {self._missing} bytes too early")
        self._missing -= len(chunk)
        return chunk


def serves_files(settings: Settings) -> bool:
    """Whether the API itself stands for the storage server."""
    return not settings.storage_url or urlsplit(settings.storage_url).scheme == "file"


def _stream(deps: Deps, grant: Grant) -> Response:
    facts = deps.objects.stat(grant.key)
    if facts is None:
        raise NotFound("there is no such file; it may have been deleted")
    # gunicorn has the kernel send an open file; Flask's `send_file` would, too, but 8 kB at a time where it cannot.
    body = wrap_file(request.environ, deps.objects.open(grant.key), _PIECE_BYTES)
    response = Response(body, mimetype=facts.content_type, direct_passthrough=True)
    response.content_length = facts.bytes
    response.headers["Content-Disposition"] = attachment(grant.filename)
    # A result is somebody's picture: never run as a page, never kept by a shared cache.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=300"
    # The URL is the permission, as it is with S3: a shop's page may show it.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
