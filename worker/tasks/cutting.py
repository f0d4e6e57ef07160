"""The photo and its matte put together: where a cut-out begins, whichever stage needs it first."""

from functools import partial

from shared.errors import InternalError
from shared.jobs.job import Job
from shared.jobs.results import Segmented
from worker.deps import Deps
from worker.imaging.types import Cutout
from worker.tasks.looking import photo_of


def cut_out(job: Job, deps: Deps) -> Cutout:
    """The subject in its own colours, in the photo's frame; where several variants want it, estimated once."""
    if job.segmented is None:
        raise InternalError("the record names no matte")
    if len(job.spec.variants) < 2:
        return _cut_out(job, job.segmented, deps)
    key = f"cut-out of {job.id} {job.segmented.matte_key}"
    return deps.artefacts.once(key, partial(_cut_out, job, job.segmented, deps))


def _cut_out(job: Job, segmented: Segmented, deps: Deps) -> Cutout:
    photo = photo_of(job, deps)
    alpha = deps.artefacts.matte(segmented.matte_key)
    if "empty_matte" in segmented.quality.flags and job.spec.on_empty == "original":
        alpha = alpha.copy()
        alpha.fill(255)
    rgb = photo.rgb
    if job.spec.refine.decontaminate:
        rgb = deps.finishing.estimate_foreground(rgb, alpha)
    return Cutout.of(rgb, alpha, photo.icc_profile)
