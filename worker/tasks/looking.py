"""What the networks of a job look at, and what is cut out: the photo, or the photo enlarged first."""

from dataclasses import replace

from shared.errors import InternalError
from shared.jobs.job import Job
from worker.deps import Deps
from worker.imaging.types import Photo


def photo_of(job: Job, deps: Deps) -> Photo:
    """The picture of this job. Raises what `decode` raises."""
    if job.input is None:
        raise InternalError("the record names no picture")
    photo = deps.artefacts.photo(job.input.key)
    if job.upscaled is None or not job.spec.enlarges_first:
        return photo
    enlarged = deps.artefacts.cutout(job.upscaled.cutout_key)
    return replace(photo, rgb=enlarged.rgb, alpha=None if photo.alpha is None else enlarged.alpha)
