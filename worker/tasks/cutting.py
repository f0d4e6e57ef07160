"""The photo and its matte put together: where a cut-out begins, whichever stage needs it first."""

from shared.errors import InternalError
from shared.jobs.job import Job
from worker.deps import Deps
from worker.imaging.types import Cutout
from worker.matting.foreground import estimate_foreground


def cut_out(job: Job, deps: Deps) -> Cutout:
    """The subject in its own colours, in the photo's frame."""
    if job.input is None or job.segmented is None:
        raise InternalError("the record names no picture or no matte")
    photo = deps.artefacts.photo(job.input.key)
    alpha = deps.artefacts.matte(job.segmented.matte_key)
    if "empty_matte" in job.segmented.quality.flags and job.spec.on_empty == "original":
        alpha = alpha.copy()
        alpha.fill(255)
    rgb = estimate_foreground(photo.rgb, alpha) if job.spec.refine.decontaminate else photo.rgb
    return Cutout.of(rgb, alpha, photo.icc_profile)
