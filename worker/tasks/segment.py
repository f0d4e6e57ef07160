"""Photo in storage → matte in storage."""

import numpy as np

from shared.errors import InternalError, NoSubject
from shared.jobs.job import Job, Step
from shared.jobs.results import Quality, Segmented
from shared.storage import keys
from worker.deps import Deps
from worker.imaging.colour import to_srgb
from worker.imaging.types import Alpha, Photo
from worker.matting.quality import assess
from worker.segmentation.segmenter import Segmenter
from worker.tasks.stage import Progress


def run(job: Job, step: Step, deps: Deps, progress: Progress) -> Segmented:
    """Make the matte. Raises UnreadableImage, ModelUnavailable, NoSubject."""
    if job.input is None:
        raise InternalError("the record names no picture")
    photo = deps.artefacts.photo(job.input.key)
    progress(0.1)
    loaded = deps.segmenters.get(job.spec.model)
    progress(0.2)
    alpha = _matte(photo, loaded.model)
    progress(0.9)
    quality = _assess(job, photo, alpha)
    params = keys.hash_params({"model": loaded.used.name})
    key = keys.stage_key(job.tenant, job.id, "matte", params, "png")
    deps.artefacts.keep_matte(key, alpha)
    return Segmented(matte_key=key, model=loaded.used, quality=quality)


def _matte(photo: Photo, segmenter: Segmenter) -> Alpha:
    """(H, W) 0..255; what the file itself held as transparent stays so."""
    matte = segmenter.matte(to_srgb(photo.rgb, photo.icc_profile))
    alpha = np.rint(matte * 255).astype(np.uint8)
    if photo.alpha is None:
        return alpha
    return np.asarray((alpha.astype(np.uint16) * photo.alpha + 127) // 255, np.uint8)


def _assess(job: Job, photo: Photo, alpha: Alpha) -> Quality:
    quality = assess(alpha)
    if "empty_matte" in quality.flags and job.spec.on_empty == "fail":
        raise NoSubject("nothing in the picture stands out as its subject")
    return quality.model_copy(update={"flags": (*photo.flags, *quality.flags)})
