"""The ways in which a batch comes in: NDJSON streamed, one JSON document, or an upload named in one."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from flask import Request
from pydantic_core import from_json
from werkzeug.exceptions import RequestEntityTooLarge

from api.batches.lines import Document, LineReader, read_chunk, read_defaults, split_lines
from api.deps import Deps
from api.intake.reading import field_problem, parse_spec
from api.intake.receiving import JSON
from api.intake.uploads import MANIFEST, own_upload
from shared.batches.lines import StoredLine
from shared.errors import BatchTooLarge, InvalidSpec, UnsupportedMediaType
from shared.spec.batch import BatchSpec

NDJSON = "application/x-ndjson"
MAX_DOCUMENT_BYTES = 8_000_000
"""A JSON document is held whole, so what is longer comes as NDJSON."""

_SPOOL_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class PostedBatch:
    """What a body held."""

    lines: Iterable[StoredLine]
    """To be read once."""
    payload: Iterable[bytes]
    """The same as bytes, to tell whether two requests are the same; read first, if at all."""


@contextmanager
def posted_batch(
    deps: Deps, request: Request, tenant: str, defaults_json: str, *, is_repeatable: bool
) -> Iterator[PostedBatch]:
    """The batch in a request. Raises UnsupportedMediaType, InvalidSpec, BatchTooLarge, InvalidForm.

    A stream that is to be read twice, because it has an Idempotency-Key, is put on disk meanwhile.
    """
    with ExitStack() as opened:
        if request.mimetype == NDJSON:
            reader = LineReader(deps, tenant, read_defaults(_defaults(defaults_json)))
            stream = cast(BinaryIO, request.stream)
            body = _spooled(stream, opened) if is_repeatable else stream
            yield PostedBatch(reader.from_text(split_lines(body)), _chunks_of(body, defaults_json))
        elif request.mimetype == JSON:
            text = _read_document(request)
            spec = parse_spec(BatchSpec, text)
            reader = LineReader(deps, tenant, read_defaults(spec.defaults))
            yield PostedBatch(_lines_of(deps, spec, reader, opened), (text,))
        else:
            raise UnsupportedMediaType(f"send {NDJSON}, or {JSON} with `items` or `manifest_upload_id`")


def _lines_of(deps: Deps, spec: BatchSpec, reader: LineReader, opened: ExitStack) -> Iterable[StoredLine]:
    if spec.manifest_upload_id is None:
        return reader.from_items(spec.items or ())
    manifest = own_upload(spec.manifest_upload_id)
    if manifest.content_type != MANIFEST:
        detail = f"this upload is {manifest.content_type}, not {MANIFEST}"
        raise InvalidSpec(detail, (field_problem("/manifest_upload_id", "no_manifest", detail),))
    body = deps.objects.open(manifest.key)
    return reader.from_text(split_lines(opened.enter_context(closing(body))))


def _defaults(text: str) -> Document:
    try:
        defaults = from_json(text or "{}", allow_inf_nan=False)
    except ValueError as error:
        raise InvalidSpec(f"defaults: {error}") from None
    if not isinstance(defaults, dict):
        raise InvalidSpec("defaults: give a JSON object")
    return defaults


def _read_document(request: Request) -> bytes:
    request.max_content_length = MAX_DOCUMENT_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise BatchTooLarge(f"a JSON document has at most {MAX_DOCUMENT_BYTES} bytes; send NDJSON") from None


def _spooled(stream: BinaryIO, opened: ExitStack) -> BinaryIO:
    spool = opened.enter_context(SpooledTemporaryFile(max_size=_SPOOL_BYTES))  # noqa: SIM115 the stack ends it
    while chunk := read_chunk(stream):
        spool.write(chunk)
    spool.seek(0)
    return cast(BinaryIO, spool)


def _chunks_of(body: BinaryIO, defaults_json: str) -> Iterator[bytes]:
    yield defaults_json.encode()
    while chunk := read_chunk(body):
        yield chunk
    body.seek(0)
