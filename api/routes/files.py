"""Files of `file://` storage under signed, expiring URLs; with S3, clients go to S3 and this answers 404."""

from urllib.parse import urlsplit

from apiflask import APIBlueprint
from flask import Response, request, send_file

from api.deps import Deps, current_deps
from shared.errors import NotFound
from shared.settings import Settings
from shared.storage.headers import attachment
from shared.storage.signing import FileRequest, Grant, verify

files = APIBlueprint("files", __name__, url_prefix="/v1/files", enable_openapi=False)


@files.get("/<path:key>")
def get_file(key: str) -> Response:
    """Stream the object that the URL's signature allows."""
    deps = current_deps()
    if not serves_files(deps.settings):
        raise NotFound("this server does not serve files itself")
    grant = verify(FileRequest("GET", key, request.args), deps.settings.effective_signing_secret)
    return _stream(deps, grant)


def serves_files(settings: Settings) -> bool:
    """Whether the API itself stands for the storage server."""
    return urlsplit(settings.effective_storage_url).scheme == "file"


def _stream(deps: Deps, grant: Grant) -> Response:
    facts = deps.objects.stat(grant.key)
    if facts is None:
        raise NotFound("there is no such file; it may have been deleted")
    response = send_file(
        deps.objects.open(grant.key), mimetype=facts.content_type, conditional=False, etag=False
    )
    response.content_length = facts.bytes
    response.headers["Content-Disposition"] = attachment(grant.filename)
    # A result is somebody's picture: never run as a page, never kept by a shared cache.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=300"
    return response
