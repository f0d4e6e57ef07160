"""The lines of a batch in object storage: gzipped NDJSON objects of a fixed number of lines each.

Storage, not Redis, because fifty thousand specifications take 30 MB there; and a line's object follows from its
number, so that nothing needs an index.
"""

import gzip
import io
import json
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from pydantic import ValidationError

from shared.batches.batch import LineProblem
from shared.errors import InternalError, NotFound
from shared.spec.job import JobSpec
from shared.storage.keys import batch_lines_key
from shared.storage.port import ObjectStore

LINES_PER_OBJECT = 200

_CONTENT_TYPE = "application/gzip"


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line as it was accepted: what is to be done, or why that is not possible."""

    number: int
    custom_id: str | None
    spec_json: str | None
    problem: LineProblem | None = None

    @property
    def spec(self) -> JobSpec:
        """What the line asks for. Raises InternalError when this version of the code cannot read it."""
        try:
            return JobSpec.model_validate_json(self.spec_json or "")
        except ValidationError as error:
            raise InternalError("the line was accepted by another version of the service") from error


class LineWriter:
    """Takes lines one by one, and stores them as soon as there are enough for an object."""

    def __init__(self, objects: ObjectStore, tenant: str, batch_id: str) -> None:
        self._objects, self._tenant, self._batch_id = objects, tenant, batch_id
        self._stored = 0
        self._pending = 0
        self._new_object()

    @property
    def stored_objects(self) -> int:
        """How many objects have been written."""
        return self._stored

    def write(self, line: StoredLine) -> None:
        """Add a line; they come in order, none left out."""
        row = [line.custom_id, line.spec_json]
        if line.problem:
            row += [line.problem.code, line.problem.detail]
        self._packed.write(json.dumps(row).encode() + b"\n")
        self._pending += 1
        if self._pending == LINES_PER_OBJECT:
            self.flush()

    def flush(self) -> None:
        """Store what is still held. Raises StorageUnavailable."""
        if self._pending == 0:
            return
        self._packed.close()
        self._buffer.seek(0)
        key = batch_lines_key(self._tenant, self._batch_id, self._stored)
        self._objects.put(key, self._buffer, content_type=_CONTENT_TYPE)
        self._stored += 1
        self._new_object()

    def _new_object(self) -> None:
        self._buffer = io.BytesIO()
        self._packed = gzip.GzipFile(fileobj=self._buffer, mode="wb", compresslevel=1, mtime=0)
        self._pending = 0


class StoredLines:
    """Reads lines back; keeps the last objects, since lines are read one after the other."""

    def __init__(self, objects: ObjectStore, kept_objects: int = 16) -> None:
        self._objects = objects
        self._most_kept = kept_objects
        self._lock = Lock()
        self._kept: OrderedDict[str, Sequence[StoredLine]] = OrderedDict()

    def line(self, tenant: str, batch_id: str, number: int) -> StoredLine:
        """One line. Raises NotFound, StorageUnavailable, or InternalError for a damaged object."""
        place, within = divmod(number - 1, LINES_PER_OBJECT)
        lines = self.object(tenant, batch_id, place)
        if within >= len(lines):
            raise NotFound("there is no such line")
        return lines[within]

    def object(self, tenant: str, batch_id: str, place: int) -> Sequence[StoredLine]:
        """The lines of one object. Raises NotFound, StorageUnavailable, or InternalError for a damaged one."""
        key = batch_lines_key(tenant, batch_id, place)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        lines = tuple(self._read(key, place))
        with self._lock:
            self._kept[key] = lines
            while len(self._kept) > self._most_kept:
                self._kept.popitem(last=False)
        return lines

    def delete(self, tenant: str, batch_id: str, objects: int) -> None:
        """Delete a batch's first `objects` objects. Raises StorageUnavailable."""
        for place in range(objects):
            self._objects.delete(batch_lines_key(tenant, batch_id, place))

    def _read(self, key: str, place: int) -> Iterator[StoredLine]:
        with closing(self._objects.open(key)) as body, gzip.open(body) as rows, _undamaged():
            for number, row in enumerate(rows, start=place * LINES_PER_OBJECT + 1):
                yield _line(number, json.loads(row))


def objects_of(total_lines: int) -> int:
    """How many objects hold so many lines."""
    return -(-total_lines // LINES_PER_OBJECT)


@contextmanager
def _undamaged() -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise InternalError("the stored lines are damaged") from error


def _line(number: int, row: list[Any]) -> StoredLine:
    custom_id, spec_json, *why = row
    return StoredLine(number, custom_id, spec_json, LineProblem(number, *why) if why else None)
