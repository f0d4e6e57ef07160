"""Photo and matte in storage → enlarged cut-out in storage."""

from shared.errors import InternalError
from shared.jobs.job import Job, Step
from shared.jobs.results import Upscaled
from shared.storage import keys
from worker.deps import Deps
from worker.tasks.cutting import cut_out
from worker.tasks.stage import Progress


def run(job: Job, step: Step, deps: Deps, progress: Progress) -> Upscaled:
    """Enlarge the cut-out. Raises ModelUnavailable, OutOfMemory."""
    spec = job.spec.upscale
    if spec is None:
        raise InternalError("the job asks for no upscaling")
    loaded = deps.upscalers.get(spec.model)
    upscaler = loaded.model if spec.denoise is None else loaded.model.denoising(spec.denoise)
    enlarged = upscaler.upscale(cut_out(job, deps), spec.scale, progress)
    params = keys.hash_params({**spec.model_dump(mode="json"), "model": loaded.used.name})
    key = keys.stage_key(job.tenant, job.id, "cutout", params, "png")
    deps.artefacts.keep_cutout(key, enlarged)
    return Upscaled(cutout_key=key, model=loaded.used)
