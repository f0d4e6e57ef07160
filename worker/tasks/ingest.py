"""A picture named by URL, upload or earlier job → the job's own in storage, once its header says that it is one."""

from contextlib import AbstractContextManager
from typing import BinaryIO

from shared.download import Downloaded
from shared.errors import DownloadFailed, InternalError, NotFound, SourceUnreachable
from shared.jobs.job import Job, Step
from shared.jobs.results import Ingested, InputFacts
from shared.limits import picture_limits
from shared.picture import inspect
from shared.storage import keys
from worker.deps import Deps
from worker.io.pictures import fetched, kept
from worker.tasks.stage import Progress


def run(job: Job, step: Step, deps: Deps, progress: Progress) -> Ingested:
    """Get the picture. Raises UrlNotAllowed, DownloadFailed, SourceUnreachable and what `inspect` raises."""
    with _source(job, deps) as (body, known):
        progress(0.5)
        facts = inspect(body, picture_limits(deps.settings))
        key = keys.input_key(job.tenant, job.id)
        deps.objects.put(key, body, content_type=facts.content_type)
    picture = InputFacts(
        key=key,
        width=facts.width,
        height=facts.height,
        bytes=known.bytes,
        content_type=facts.content_type,
        sha256=known.sha256,
    )
    return Ingested(input=picture)


def _source(job: Job, deps: Deps) -> AbstractContextManager[tuple[BinaryIO, Downloaded]]:
    """The picture's bytes, wherever they are; a copy, since an upload or another job may be deleted first."""
    source = job.spec.input
    if source is not None and source.url is not None:
        return fetched(str(source.url), deps.settings)
    if source is not None and source.upload_id is not None:
        return kept(keys.input_key(job.tenant, source.upload_id), deps.objects)
    if source is not None and source.job_id is not None:
        return kept(_picture_of(source.job_id, job, deps), deps.objects)
    raise InternalError("the job names no picture")


def _picture_of(job_id: str, job: Job, deps: Deps) -> str:
    try:
        other = deps.jobs.get(job_id)
    except NotFound:
        other = None
    if other is None or other.tenant != job.tenant:
        raise DownloadFailed("there is no job with the id in `input.job_id`")
    if other.input is None:
        raise SourceUnreachable("the job in `input.job_id` has not fetched its picture yet")
    return other.input.key
