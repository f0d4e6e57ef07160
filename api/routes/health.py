"""Is the process alive, and could a job be done now?"""

from collections.abc import Callable, Iterator

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, ConfigDict

from api.deps import Deps, current_deps
from api.problems import RETRY_AFTER_SECONDS, FieldProblem, problem, problem_responses
from shared.errors import TransientError
from shared.queue.names import QUEUES

health = APIBlueprint("health", __name__, tag="Health")


class HealthView(BaseModel):
    """All is well."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: str = "ok"
    """Always `ok`: whatever else is a problem document."""


@health.get("/healthz")
@health.output(HealthView)
@health.doc(operation_id="isAlive")
def is_alive() -> HealthView:
    """Say that this process answers."""
    return HealthView()


@health.get("/readyz")
@health.output(HealthView)
@health.doc(operation_id="isReady", responses=problem_responses(503))
def is_ready() -> HealthView | Response:
    """Say whether Redis, storage, and a worker for every queue answer.

    If not, `errors[].field` names each part that does not: `redis`, `storage`, `queue:gpu.interactive`, …
    """
    missing = list(_missing(current_deps()))
    if not missing:
        return HealthView()
    detail = f"no answer from {', '.join(part.field for part in missing)}"
    response = problem(503, "not_ready", "The service cannot do jobs now.", detail, missing)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _missing(deps: Deps) -> Iterator[FieldProblem]:
    yield from _failing("storage", deps.objects.check)
    redis_fails = list(_failing("redis", deps.jobs.check))
    yield from redis_fails
    # Without Redis nobody can be heard of, and asking would only wait for it once more.
    served = set() if redis_fails else {queue for worker in deps.fleet.alive() for queue in worker.queues}
    for queue in QUEUES:
        if queue not in served:
            yield FieldProblem(field=f"queue:{queue}", code="no_worker", detail="no worker serves this queue")


def _failing(part: str, check: Callable[[], None]) -> Iterator[FieldProblem]:
    try:
        check()
    except TransientError as error:
        yield FieldProblem(field=part, code=error.code, detail=error.detail)
