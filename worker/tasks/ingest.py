"""A picture named by URL → storage, once its header says that it is one."""

from shared.errors import InternalError
from shared.jobs.job import Job, Step
from shared.jobs.results import Ingested, InputFacts
from shared.limits import picture_limits
from shared.picture import inspect
from shared.storage import keys
from worker.deps import Deps
from worker.io.pictures import fetched
from worker.tasks.stage import Progress


def run(job: Job, step: Step, deps: Deps, progress: Progress) -> Ingested:
    """Fetch the picture. Raises UrlNotAllowed, DownloadFailed, SourceUnreachable and what `inspect` raises."""
    if job.spec.input is None or job.spec.input.url is None:
        raise InternalError("the job names no picture")
    with fetched(str(job.spec.input.url), deps.settings) as (body, known):
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
