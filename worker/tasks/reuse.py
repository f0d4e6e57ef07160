"""The segment stage, spared where the same photo was cut out with the same options before."""

from shared.jobs.job import Job, Step
from shared.jobs.results import Result, Segmented
from shared.mattes.reuse import MatteWish, remember, reused
from worker.deps import Deps
from worker.tasks.stage import Progress, Work


class ReusingMattes:
    """Work that looks for a known matte first, and lets its own be found."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __call__(self, job: Job, step: Step, deps: Deps, progress: Progress) -> Result:
        """See Work."""
        if step.part or job.input is None:
            return self._work(job, step, deps, progress)
        wish = MatteWish(job.tenant, job.id, job.spec, job.input)
        if known := reused(wish, deps.mattes, deps.objects):
            return known
        made = self._work(job, step, deps, progress)
        if isinstance(made, Segmented):
            remember(wish, made, deps.mattes, job.expires_at)
        return made
