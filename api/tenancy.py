"""Whose request this is, and whose jobs it may see."""

from api.deps import current_deps
from shared.errors import NotFound
from shared.ids import is_id
from shared.jobs.job import Job

LOCAL = "local"


def current_tenant() -> str:
    """The tenant of this request: with `auth=off` everyone is `local`."""
    return LOCAL


def own_job(job_id: str) -> Job:
    """The caller's job. Raises NotFound for an unknown id and, with the same words, for another tenant's."""
    missing = NotFound("there is no job with this id")
    if not is_id("job", job_id):
        raise missing
    try:
        job = current_deps().jobs.get(job_id)
    except NotFound:
        raise missing from None
    if job.tenant != current_tenant():
        raise missing
    return job
