"""Makes a job of what was received: object, then record, then ring; whatever fails leaves nothing behind."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import structlog

from api.deps import Deps
from shared.errors import AppError
from shared.ids import new_id
from shared.jobs.job import Job
from shared.jobs.results import InputFacts
from shared.picture import PictureLimits, inspect
from shared.settings import Settings
from shared.spec.job import JobSpec
from shared.storage.keys import input_key

_log = structlog.get_logger(__name__)


class HashingReader:
    """A stream that is hashed and counted while somebody else reads it."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self.bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes of the source."""
        chunk = self._source.read(size)
        self._hash.update(chunk)
        self.bytes += len(chunk)
        return chunk

    @property
    def sha256(self) -> str:
        """Of what has been read so far, in hex."""
        return self._hash.hexdigest()


def admit(deps: Deps, tenant: str, spec: JobSpec, picture: BinaryIO | None, request_id: str) -> Job:
    """Record the job and ring its first steps. A lost ring is no error: the keeper rings again."""
    job_id = new_id("job")
    if picture is None:
        rings = deps.jobs.create(job_id, tenant, spec, None, request_id)
    else:
        with _stored(deps, input_key(tenant, job_id), picture) as facts:
            rings = deps.jobs.create(job_id, tenant, spec, facts, request_id)
    rang = [deps.queue.ring(ring) for ring in rings]
    _log.info("job_created", job_id=job_id, rang=all(rang))
    return deps.jobs.get(job_id)


@contextmanager
def _stored(deps: Deps, key: str, picture: BinaryIO) -> Iterator[InputFacts]:
    """The picture in storage, checked by its header first; taken out again if anything fails meanwhile."""
    seen = inspect(picture, picture_limits(deps.settings))
    picture.seek(0)
    reader = HashingReader(picture)
    try:
        deps.objects.put(key, cast(BinaryIO, reader), content_type=seen.content_type)
        yield InputFacts(
            key=key,
            width=seen.width,
            height=seen.height,
            bytes=reader.bytes,
            content_type=seen.content_type,
            sha256=reader.sha256,
        )
    except BaseException:
        _take_out(deps, key)
        raise


def picture_limits(settings: Settings) -> PictureLimits:
    """The published limits of a picture."""
    return PictureLimits(
        max_bytes=settings.max_bytes,
        max_megapixels=settings.max_megapixels,
        max_side_px=settings.max_side_px,
    )


def _take_out(deps: Deps, key: str) -> None:
    try:
        deps.objects.delete(key)
    except AppError as error:
        _log.warning("object_left_behind", key=key, code=error.code)
