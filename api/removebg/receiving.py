"""Takes a request off the wire, in whichever of remove.bg's three bodies: text by name, files by name."""

import base64
import binascii
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, BinaryIO, cast

from flask import Request
from pydantic_core import from_json
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from api.intake.receiving import JSON, MULTIPART
from api.intake.spool import open_spool, spool_factory
from api.removebg.refusals import Mistake, Refusal, bad_request
from shared.errors import StorageUnavailable

FORM = "application/x-www-form-urlencoded"

_MAX_PARTS = 50
_TEXT_BYTES = 100_000
"""Of all parameters that are no picture."""
_DATA_URL = re.compile(r"data:[^,]{0,100};base64,")


@dataclass(frozen=True, slots=True)
class Received:
    """What a body held, before anything is believed of it."""

    fields: Mapping[str, str]
    """Without those that are empty, which count as not given."""
    files: Mapping[str, BinaryIO]
    """At their beginnings; gone when `received` ends."""
    spools: ExitStack
    """Closes what is opened for this request."""

    def new_spool(self) -> BinaryIO:
        """A file for a picture, on disk only when it is large."""
        return open_spool(self.spools)


@contextmanager
def received(request: Request, max_picture_bytes: int) -> Iterator[Received]:
    """The posted parameters and pictures. Raises Refusal, StorageUnavailable."""
    # A picture in base64, percent-encoded where need be; or two pictures.
    request.max_content_length = 2 * max_picture_bytes + _TEXT_BYTES
    with ExitStack() as spools:
        try:
            fields, files = _read(request, max_picture_bytes, spools)
        except RequestEntityTooLarge:
            if (request.content_length or math.inf) <= request.max_content_length:
                raise bad_request("Too many parameters given", "invalid_body") from None
            raise _too_large(max_picture_bytes) from None
        except (ValueError, ClientDisconnected):
            raise bad_request("The request body is damaged or was cut off", "invalid_body") from None
        except OSError as error:
            raise StorageUnavailable("the server has no room to receive the picture now") from error
        for body in files.values():
            _check_size(body, max_picture_bytes)
        yield Received({name: text for name, text in fields.items() if text}, files, spools)


def decoded(text: str, into: BinaryIO) -> None:
    """Write what base64 says, with or without a `data:` prefix, and go back to the beginning. Raises Refusal."""
    start = found.end() if (found := _DATA_URL.match(text[:200])) else 0
    try:
        into.write(base64.b64decode("".join(text[start:].split()), validate=True))
    except (binascii.Error, ValueError):
        detail = "image_file_b64 is not base64"
        raise bad_request("There was an error reading the image.", "failed_to_read_image", detail) from None
    into.seek(0)


def _read(
    request: Request, max_picture_bytes: int, spools: ExitStack
) -> tuple[dict[str, str], dict[str, BinaryIO]]:
    if not request.mimetype and not request.content_length:
        return {}, {}
    if request.mimetype == JSON:
        return _json_fields(request.get_data(cache=False)), {}
    if request.mimetype in (MULTIPART, FORM):
        return _parse(request, 2 * max_picture_bytes, spools)
    detail = f"send {MULTIPART}, {FORM} or {JSON}"
    mistake = Mistake("Unsupported content type", "unsupported_media_type", detail)
    raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, mistake)


def _parse(
    request: Request, max_text_bytes: int, spools: ExitStack
) -> tuple[dict[str, str], dict[str, BinaryIO]]:
    parser = FormDataParser(spool_factory(spools), max_text_bytes, max_form_parts=_MAX_PARTS, silent=False)
    _, form, files = parser.parse(
        request.stream, request.mimetype, request.content_length, request.mimetype_params
    )
    _check_names(form, files)
    bodies = {name: cast(BinaryIO, file.stream) for name, file in files.items()}
    return dict(form.items()), {name: body for name, body in bodies.items() if _size(body)}


def _check_names(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> None:
    """Each name once, and none left out."""
    names = [name for name, _ in form.items(multi=True)] + [name for name, _ in files.items(multi=True)]
    if not all(names):
        raise bad_request("A part of the form has no name", "invalid_body")
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            raise bad_request(f"Parameter '{name}' is given more than once", f"invalid_{name}"[:60])


def _json_fields(body: bytes) -> dict[str, str]:
    try:
        document = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise bad_request("The request body is not valid JSON", "invalid_json") from None
    if not isinstance(document, dict):
        raise bad_request("The request body is not a JSON object", "invalid_json")
    return {name: _text(name, value) for name, value in document.items() if value is not None}


def _text(name: str, value: Any) -> str:
    """As a form would say it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise bad_request(f"Invalid {name} parameter given", f"invalid_{name}"[:60])


def _check_size(body: BinaryIO, max_picture_bytes: int) -> None:
    if _size(body) > max_picture_bytes:
        raise _too_large(max_picture_bytes)


def _size(body: BinaryIO) -> int:
    size = body.seek(0, 2)
    body.seek(0)
    return size


def _too_large(max_picture_bytes: int) -> Refusal:
    return bad_request(
        "File too large", "file_too_large", f"File exceeds limit of {max_picture_bytes / 1e6:g}MB"
    )
