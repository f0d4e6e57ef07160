"""Photo and matte in storage → enlarged cut-out in storage."""

import numpy as np

from shared.errors import InternalError
from shared.jobs.job import Job, Step
from shared.jobs.results import Upscaled
from shared.storage import keys
from worker.deps import Deps
from worker.imaging.types import Cutout, Photo
from worker.tasks.cutting import cut_out
from worker.tasks.looking import photo_of
from worker.tasks.patience import patiently
from worker.tasks.stage import Progress


def run(job: Job, step: Step, deps: Deps, progress: Progress) -> Upscaled:
    """Enlarge the cut-out, or the photo before it is one. Raises ModelUnavailable, OutOfMemory."""
    spec = job.spec.upscale
    if spec is None:
        raise InternalError("the job asks for no upscaling")
    with patiently(progress, 0.0):
        loaded = deps.upscalers.get(spec.model)
        upscaler = loaded.model if spec.denoise is None else loaded.model.denoising(spec.denoise)
    small = _whole(photo_of(job, deps)) if job.spec.enlarges_first else cut_out(job, deps)
    enlarged = upscaler.upscale(small, spec.scale, progress)
    params = keys.hash_params({**spec.model_dump(mode="json"), "model": loaded.used.name})
    key = keys.stage_key(job.tenant, job.id, "cutout", params, "png")
    deps.artefacts.keep_cutout(key, enlarged)
    return Upscaled(cutout_key=key, model=loaded.used)


def _whole(photo: Photo) -> Cutout:
    """The photo as it came, as if all of it were subject."""
    alpha = np.full(photo.rgb.shape[:2], 255, np.uint8) if photo.alpha is None else photo.alpha
    return Cutout.of(photo.rgb, alpha, photo.icc_profile)
