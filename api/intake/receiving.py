"""Takes a posted job off the wire: the form's two parts, size-capped, spooled to disk when large."""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from flask import Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from api.intake.reading import MAX_SPEC_BYTES, field_problem
from api.intake.spool import spool_factory
from shared.errors import ImageTooLarge, InvalidForm, InvalidSpec, StorageUnavailable, UnsupportedMediaType

MULTIPART = "multipart/form-data"
JSON = "application/json"

_FRAMING_BYTES = 16_384  # boundaries and part headers
_MAX_PARTS = 20
_EMPTY_SPEC = b"{}"


@dataclass(frozen=True, slots=True)
class PostedJob:
    """What a body held, before anything is believed of it."""

    spec_json: bytes
    picture: BinaryIO | None
    """At its start; gone when `received` ends."""


@contextmanager
def received(request: Request, max_picture_bytes: int) -> Iterator[PostedJob]:
    """The posted job. Raises ImageTooLarge, InvalidForm, InvalidSpec or UnsupportedMediaType."""
    if request.mimetype == JSON:
        yield PostedJob(read_json(request), None)
    elif request.mimetype == MULTIPART:
        with ExitStack() as spools:
            yield _read_form(request, max_picture_bytes, spools)
    else:
        raise UnsupportedMediaType(f"send {MULTIPART} with a part `image`, or {JSON} with `input`")


def read_json(request: Request) -> bytes:
    """A body of JSON. Raises InvalidSpec for one too long, UnsupportedMediaType for anything else."""
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"send {JSON}")
    request.max_content_length = MAX_SPEC_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise InvalidSpec(f"at most {MAX_SPEC_BYTES} bytes of JSON are read") from None


def _read_form(request: Request, max_picture_bytes: int, spools: ExitStack) -> PostedJob:
    form, files = _parse(request, max_picture_bytes, spools)
    _check_parts(form, files)
    picture = cast(BinaryIO, files["image"].stream)
    size = picture.seek(0, 2)
    picture.seek(0)
    if size > max_picture_bytes:
        raise _too_large(max_picture_bytes)
    return PostedJob(_spec_part(form, files), picture)


def _parse(
    request: Request, max_picture_bytes: int, spools: ExitStack
) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    """The form's text and file parts. A body that ends early is refused, not guessed at."""
    request.max_content_length = max_picture_bytes + MAX_SPEC_BYTES + _FRAMING_BYTES
    parser = FormDataParser(spool_factory(spools), MAX_SPEC_BYTES, max_form_parts=_MAX_PARTS, silent=False)
    try:
        _, form, files = parser.parse(
            request.stream, request.mimetype, request.content_length, request.mimetype_params
        )
    except RequestEntityTooLarge:
        if (request.content_length or math.inf) <= request.max_content_length:  # then it is not the picture
            detail = f"the form has more than {_MAX_PARTS} parts, or more than {MAX_SPEC_BYTES} bytes of text"
            raise InvalidSpec(detail) from None
        raise _too_large(max_picture_bytes) from None
    except (ValueError, ClientDisconnected):
        raise InvalidForm("the multipart body is damaged or was cut off") from None
    except OSError as error:
        raise StorageUnavailable("the server has no room to receive the picture now") from error
    return form, files


def _check_parts(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> None:
    """Exactly one file `image`, at most one `spec`, nothing else."""
    names = _names(form, files)
    problems = [
        field_problem(name, "extra_forbidden", "there is no such part")
        for name in dict.fromkeys(names)
        if name not in ("image", "spec")
    ]
    images = files.getlist("image")
    if len(images) != 1:
        told = "it is text: send it as a file, with a file name" if "image" in form and not images else ""
        detail = told or f"give exactly one file (given: {len(images)})"
        problems.append(field_problem("image", "missing" if not images else "too_many", detail))
    if names.count("spec") > 1:
        problems.append(field_problem("spec", "too_many", "give at most one"))
    if problems:
        said = "; ".join(f"{one['field']}: {one['detail']}" for one in problems)
        raise InvalidSpec(said, tuple(problems))


def _names(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> list[str]:
    """Of all parts; a part without a name, which Werkzeug calls None, is called nothing."""
    return [name or "" for parts in (form, files) for name, _ in parts.items(multi=True)]


def _spec_part(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> bytes:
    """The `spec` part, which some clients send as a text field and some as a file."""
    if "spec" in files:
        return files["spec"].stream.read(MAX_SPEC_BYTES + 1)
    return form["spec"].encode(errors="surrogatepass") if "spec" in form else _EMPTY_SPEC


def _too_large(max_picture_bytes: int) -> ImageTooLarge:
    return ImageTooLarge(f"a picture may have at most {max_picture_bytes} bytes")
