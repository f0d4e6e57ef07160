"""Uploads: announce one, get a signed request that stores it."""

from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Response, request

from api.callers.idempotency import once
from api.deps import current_deps
from api.intake.reading import read_spec
from api.intake.receiving import read_json
from api.intake.uploads import UploadSpec, UploadView, announce
from api.problems import problem_responses
from shared.idempotency.port import StoredAnswer
from shared.views.base import moment

uploads = APIBlueprint("uploads", __name__, url_prefix="/v1/uploads", tag="Uploads")


@uploads.post("")
@uploads.output(UploadView, status_code=201, description="Send the picture there, then create a job of it.")
@uploads.doc(operation_id="createUpload", responses=problem_responses(400, 409, 415, 422, 503))
def create_upload() -> Response:
    """Announce an upload.

    The answer is a request to make: `method`, `url`, `headers`, and the picture as its body. Any other length or
    type is refused. Then post a job with `input.upload_id`. An upload that no job uses is deleted after a day.
    """
    deps = current_deps()
    spec = read_spec(UploadSpec, read_json(request))

    def make(upload_id: str) -> StoredAnswer:
        upload, signed = announce(deps, upload_id, spec)
        view = UploadView(
            id=upload.id,
            method=signed.method,
            url=signed.url,
            headers=dict(signed.headers),
            expires_at=moment(upload.expires_at),
        )
        return StoredAnswer(HTTPStatus.CREATED, {"Cache-Control": "no-store"}, view.model_dump_json())

    return once("upl", (spec.model_dump_json().encode(),), make).response()
