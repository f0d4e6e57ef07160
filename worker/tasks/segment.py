"""Photo in storage → matte in storage."""

import time

import cv2
import numpy as np

from shared.errors import NoSubject
from shared.jobs.job import Job, Step
from shared.jobs.results import Quality, Segmented
from shared.spec.job import JobSpec
from shared.storage import keys
from worker.deps import Deps
from worker.imaging.colour import to_srgb
from worker.imaging.types import Alpha, Photo
from worker.matting.fba import FbaMatting
from worker.matting.finishing import Finishing
from worker.matting.mask import apply_mask
from worker.matting.quality import assess
from worker.matting.refine import refine
from worker.segmentation.segmenter import Segmenter
from worker.segmentation.tweaks.view import see
from worker.tasks.looking import photo_of
from worker.tasks.patience import patiently
from worker.tasks.stage import Progress


def run(job: Job, step: Step, deps: Deps, progress: Progress) -> Segmented:
    """Make the matte. Raises UnreadableImage, ModelUnavailable, NoSubject."""
    photo = photo_of(job, deps)
    progress(0.1)
    with patiently(progress, 0.1):
        loaded = deps.segmenters.get(step.part or job.spec.model)
        matting = _matting(job.spec, deps)
    progress(0.2)
    started = time.monotonic()
    alpha = _matte(photo, loaded.model, job.spec, deps.finishing, matting)
    seconds = time.monotonic() - started
    progress(0.9)
    quality = _assess(job, photo, alpha)
    asked = job.spec.model_dump(mode="json", include={"roi", "tweak", "mask", "refine"})
    params = keys.hash_params({**asked, "model": loaded.used.name})
    key = keys.stage_key(job.tenant, job.id, "matte", params, "png")
    deps.artefacts.keep_matte(key, alpha)
    return Segmented(matte_key=key, model=loaded.used, quality=quality, seconds=round(seconds, 3))


def _matting(spec: JobSpec, deps: Deps) -> FbaMatting | None:
    name = spec.refine.network
    return deps.matting.get(name).model if name else None


def _matte(
    photo: Photo, segmenter: Segmenter, spec: JobSpec, finishing: Finishing, matting: FbaMatting | None = None
) -> Alpha:
    """(H, W) 0..255; what the file itself held as transparent stays so."""
    small = see(to_srgb(photo.rgb, photo.icc_profile), segmenter, spec.tweak)
    alpha = apply_mask(refine(photo.rgb, small, spec.refine, matting, finishing), spec.mask, spec.roi)
    return alpha if photo.alpha is None else np.asarray(cv2.multiply(alpha, photo.alpha, scale=1 / 255))


def _assess(job: Job, photo: Photo, alpha: Alpha) -> Quality:
    facts = assess(alpha)
    if "empty_matte" in facts.flags and job.spec.on_empty == "fail":
        raise NoSubject("nothing in the picture stands out as its subject")
    flags = (*photo.flags, *facts.flags)
    return Quality(coverage=facts.coverage, confidence=facts.confidence, flags=flags)
