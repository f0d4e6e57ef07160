"""Makes a job of what was received: object, then record, then ring; what surely failed leaves nothing behind."""

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

import structlog

from api.callers.budgets import charge_megapixels
from api.callers.tenancy import own_job
from api.deps import Deps
from api.intake.uploads import keep_uploads
from shared.errors import AppError, Gone, NotFound, PictureNotReady, QueueFull
from shared.jobs.results import InputFacts, Segmented, megapixels
from shared.jobs.store import Created
from shared.limits import picture_limits
from shared.mattes.index import options_of
from shared.mattes.reuse import MatteWish, reused
from shared.picture import inspect
from shared.spec.job import JobSpec
from shared.storage.keys import input_key, job_prefix, stage_key

_log = structlog.get_logger(__name__)

_UNKNOWN_MEGAPIXELS = 1
"""A picture that nobody has seen yet counts as the smallest, until a worker has it."""


@dataclass(frozen=True, slots=True)
class Application:
    """What shall become a job."""

    job_id: str
    tenant: str
    spec: JobSpec
    picture: BinaryIO | None
    """The posted picture; None where the spec says where it is."""
    request_id: str


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


def admit(deps: Deps, wanted: Application) -> Created:
    """Record the job and ring its first steps. A lost ring is no error: the keeper rings again.

    Doing it twice with the same id makes one job.
    """
    if deps.archive.waiting() >= deps.settings.max_waiting_jobs:
        raise QueueFull("too many jobs wait already; try again later")
    keep_uploads(deps, wanted.spec)
    with _picture(deps, wanted) as facts:
        matte = _known_matte(deps, wanted, facts)
        made = deps.jobs.create(wanted.job_id, wanted.tenant, wanted.spec, facts, wanted.request_id, matte)
    rang = [deps.queue.ring(ring) for ring in made.rings]
    _log.info("job_created", job_id=wanted.job_id, rang=all(rang))
    return made


@contextmanager
def _picture(deps: Deps, wanted: Application) -> Iterator[InputFacts | None]:
    """What is known of the picture, which then lies in storage; None when a worker is to fetch it.

    What was stored is taken out again if anything fails meanwhile.
    """
    source = wanted.spec.input
    if wanted.picture is None and (source is None or source.job_id is None):
        charge_megapixels(wanted.job_id, _UNKNOWN_MEGAPIXELS)
        yield None
        return
    try:
        yield _posted(deps, wanted, wanted.picture) if wanted.picture else _copied(deps, wanted)
    except BaseException:
        _take_out(deps, wanted)
        raise


def _posted(deps: Deps, wanted: Application, picture: BinaryIO) -> InputFacts:
    """The posted picture, checked by its header first."""
    seen = inspect(picture, picture_limits(deps.settings))
    charge_megapixels(wanted.job_id, megapixels(seen.width, seen.height))
    picture.seek(0)
    reader, key = HashingReader(picture), input_key(wanted.tenant, wanted.job_id)
    deps.objects.put(key, cast(BinaryIO, reader), content_type=seen.content_type)
    return InputFacts(
        key=key,
        width=seen.width,
        height=seen.height,
        bytes=reader.bytes,
        content_type=seen.content_type,
        sha256=reader.sha256,
    )


def _copied(deps: Deps, wanted: Application) -> InputFacts:
    """The picture of an earlier job; a copy, since that job may end before this one."""
    source = own_job((wanted.spec.input and wanted.spec.input.job_id) or "")
    if source.input is None:
        raise PictureNotReady("the other job has not fetched its picture yet; try again when it has")
    charge_megapixels(wanted.job_id, source.input.megapixels)
    key = input_key(wanted.tenant, wanted.job_id)
    try:
        with closing(deps.objects.open(source.input.key)) as body:
            deps.objects.put(key, body, content_type=source.input.content_type)
    except NotFound:
        raise Gone("the other job's picture is gone") from None
    return source.input.model_copy(update={"key": key})


def _known_matte(deps: Deps, wanted: Application, facts: InputFacts | None) -> Segmented | None:
    """A matte that an earlier job made of this picture: then no network need look at it, nor the job wait for one."""
    if facts is None:
        return None
    return reused(MatteWish(wanted.tenant, wanted.job_id, wanted.spec, facts), deps.mattes, deps.objects)


def _take_out(deps: Deps, wanted: Application) -> None:
    prefix = job_prefix(wanted.tenant, wanted.job_id)
    matte = stage_key(wanted.tenant, wanted.job_id, "matte", options_of(wanted.spec), "png")
    try:
        if not _is_recorded(deps, wanted.job_id):
            deps.objects.delete(input_key(wanted.tenant, wanted.job_id))
            deps.objects.delete(matte)
    except AppError as error:
        _log.warning("objects_left_behind", prefix=prefix, code=error.code)


def _is_recorded(deps: Deps, job_id: str) -> bool:
    """Whether the job is there in spite of an error: made by an earlier attempt, or by one whose answer was lost.

    Raises StoreUnavailable: then it may yet come to be, once Redis goes on with what it has received.
    """
    try:
        deps.jobs.get(job_id)
    except NotFound:
        return False
    return True
