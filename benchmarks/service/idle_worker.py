"""A real worker whose stages do nothing: what is left is record, lease and messages.

celery --app benchmarks.service.idle_worker worker
"""

import worker.app
from shared.jobs.job import Job, Step
from shared.jobs.results import ModelUsed, Quality, Rendered, Result, Segmented
from shared.logs import set_up_logs
from shared.settings import load_settings
from shared.spec.job import Stage
from worker.composition import open_deps
from worker.deps import Deps
from worker.tasks.stage import Progress, Work

_DONE: dict[Stage, Result] = {
    Stage.SEGMENT: Segmented(
        matte_key="",
        model=ModelUsed(name="none", weights_sha256="", license="", commercial_use=True),
        quality=Quality(coverage=0.5, confidence=1.0),
    ),
    Stage.RENDER: Rendered(outputs=()),
}


def _idle(stage: Stage) -> Work:
    def work(job: Job, step: Step, deps: Deps, progress: Progress) -> Result:
        return _DONE[stage]

    return work


worker.app._work = _idle
_settings = load_settings()
set_up_logs(_settings)
app = worker.app.create_app(_settings, open_deps(_settings))
