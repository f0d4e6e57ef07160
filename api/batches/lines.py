"""Reads the lines of a batch one by one: each is a job to be done, or says why it is none."""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from pydantic_core import from_json
from werkzeug.exceptions import ClientDisconnected

from api.deps import Deps
from api.intake.reading import check_webhook, read_job_spec, read_spec
from api.intake.uploads import MAX_MANIFEST_BYTES, uploads_of
from shared.batches.batch import LineProblem
from shared.batches.lines import StoredLine
from shared.errors import BatchTooLarge, InvalidForm, InvalidSpec, RequestError, UrlNotAllowed
from shared.spec.job import JobSpec

MAX_LINE_BYTES = 65_536
MAX_CUSTOM_ID_LENGTH = 200

_CHUNK_BYTES = 8192
"""A read waits for so much, and a slow sender shall be seen to live."""
_DETAIL_LENGTH = 300
_UPLOADS_KEPT_SECONDS = 7 * 86_400
"""An upload that a line uses must last until the line's turn has come."""

_MOST_HOSTS_ASKED = 20
"""Names of webhooks that are looked up for one batch; whatever leads where, each delivery looks itself."""

Document = Mapping[str, Any]


class LineRefused(Exception):
    """A line that will not become a job."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def split_lines(body: BinaryIO) -> Iterator[bytes | None]:
    """The lines of a stream without their ends, None for one that is too long; empty lines at the end are none.

    Never more than a line and a chunk is held. Raises InvalidForm when the stream was cut off.
    """
    empty = 0
    for line in _raw_lines(body):
        if line is not None and not line.strip():
            empty += 1
            continue
        yield from [b""] * empty
        empty = 0
        yield line


def _raw_lines(body: BinaryIO) -> Iterator[bytes | None]:
    held, is_too_long, total = b"", False, 0
    while chunk := read_chunk(body):
        total += len(chunk)
        if total > MAX_MANIFEST_BYTES:
            raise BatchTooLarge(f"a batch has at most {MAX_MANIFEST_BYTES} bytes")
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            yield None if is_too_long or len(held) + len(part) > MAX_LINE_BYTES else held + part
            held, is_too_long = b"", False
        is_too_long = is_too_long or len(held) + len(rest) > MAX_LINE_BYTES
        held = b"" if is_too_long else held + rest
    if held or is_too_long:
        yield None if is_too_long else held


def read_chunk(body: BinaryIO) -> bytes:
    """The next bytes of a stream, b"" at its end. Raises InvalidForm when it was cut off."""
    try:
        return body.read(_CHUNK_BYTES)
    except (ClientDisconnected, OSError) as error:
        raise InvalidForm("the lines were cut off before their end") from error


def read_defaults(defaults: Document) -> Document:
    """What holds for every line. Raises InvalidSpec, or InvalidSpec's kin, where it would hold for none."""
    if "input" in defaults:
        raise InvalidSpec("defaults: leave out input: each line has its own")
    read_spec(JobSpec, json.dumps(defaults).encode())
    return defaults


class LineReader:
    """Turns the lines of one batch into what is stored of them."""

    def __init__(self, deps: Deps, tenant: str, defaults: Document) -> None:
        self._deps = deps
        self._tenant = tenant
        self._defaults = defaults
        self._custom_ids: set[bytes] = set()
        self._kept_upload = ""
        self._webhook_hosts: dict[str, LineRefused | None] = {}

    def from_text(self, lines: Iterable[bytes | None]) -> Iterator[StoredLine]:
        """Lines of NDJSON, numbered from 1."""
        for number, line in enumerate(lines, start=1):
            try:
                document = _document(line)
            except LineRefused as refused:
                yield _refused(number, None, refused)
            else:
                yield self._read(number, document)

    def from_items(self, items: Iterable[Document]) -> Iterator[StoredLine]:
        """Items of a JSON document, numbered from 1."""
        for number, item in enumerate(items, start=1):
            yield self._read(number, item)

    def _read(self, number: int, document: Document) -> StoredLine:
        custom_id = None
        try:
            custom_id = _custom_id(document)
            self._check_repetition(custom_id)
            return StoredLine(number, custom_id, self._spec(document).model_dump_json())
        except LineRefused as refused:
            return _refused(number, custom_id, refused)

    def _spec(self, document: Document) -> JobSpec:
        """Raises LineRefused; StoreUnavailable is not the line's fault, and is not caught."""
        own = {name: value for name, value in document.items() if name != "custom_id"}
        wanted = {**self._defaults, **own, "priority": "bulk"}
        try:
            spec = read_job_spec(json.dumps(wanted).encode(), self._deps.settings, has_picture=False)
        except RequestError as error:
            raise LineRefused(error.code, error.detail) from None
        for upload_id in uploads_of(spec):
            self._keep_upload(upload_id)
        self._check_webhook(spec)
        return spec

    def _check_webhook(self, spec: JobSpec) -> None:
        host = spec.webhook.url.host if spec.webhook else None
        if host is None:
            return
        if host not in self._webhook_hosts and len(self._webhook_hosts) < _MOST_HOSTS_ASKED:
            self._webhook_hosts[host] = _refusal_of_webhook(spec, self._deps)
        if refused := self._webhook_hosts.get(host):
            raise refused

    def _keep_upload(self, upload_id: str) -> None:
        if upload_id == self._kept_upload:  # a background that all lines share
            return
        upload = self._deps.uploads.find(upload_id)
        if upload is None or upload.tenant != self._tenant:
            raise LineRefused("not_found", f"there is no upload {upload_id}")
        self._deps.uploads.keep(upload_id, time.time() + _UPLOADS_KEPT_SECONDS)
        self._kept_upload = upload_id

    def _check_repetition(self, custom_id: str | None) -> None:
        if custom_id is None:
            return
        # 16 bytes of a hash instead of the text: fifty thousand long ids are not held.
        digest = hashlib.blake2b(custom_id.encode(), digest_size=16).digest()
        if digest in self._custom_ids:
            raise LineRefused("duplicate_custom_id", "an earlier line has the same custom_id")
        self._custom_ids.add(digest)


def _refusal_of_webhook(spec: JobSpec, deps: Deps) -> LineRefused | None:
    try:
        check_webhook(spec, deps.settings)
    except UrlNotAllowed as error:
        return LineRefused(error.code, error.detail)
    return None


def _document(line: bytes | None) -> Document:
    if line is None:
        raise LineRefused("line_too_long", f"a line has at most {MAX_LINE_BYTES} bytes")
    if not line.strip():
        raise LineRefused("empty_line", "the line is empty")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LineRefused("invalid_encoding", "the line is not UTF-8") from None
    try:
        document = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise LineRefused("invalid_json", str(error)) from None
    if not isinstance(document, dict):
        raise LineRefused("invalid_json", "a line is a JSON object")
    return document


def _custom_id(document: Document) -> str | None:
    custom_id = document.get("custom_id")
    if custom_id is None:
        return None
    if not isinstance(custom_id, str) or not 0 < len(custom_id) <= MAX_CUSTOM_ID_LENGTH:
        detail = f"custom_id: a string of 1 to {MAX_CUSTOM_ID_LENGTH} characters"
        raise LineRefused("invalid_custom_id", detail)
    return custom_id


def _refused(number: int, custom_id: str | None, refused: LineRefused) -> StoredLine:
    problem = LineProblem(number, refused.code, str(refused)[:_DETAIL_LENGTH])
    return StoredLine(number, custom_id, None, problem)
