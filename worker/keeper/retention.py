"""Delete what has been kept for long enough: files first, then the record that names them."""

import structlog

from shared.jobs.archive import Glance, JobArchive
from shared.jobs.expiry import files_of
from shared.jobs.job import Job
from shared.storage.keys import job_prefix
from shared.storage.port import ObjectStore

_log = structlog.get_logger(__name__)

_PAGE = 50
"""Jobs a pass looks at."""


def delete_expired(archive: JobArchive, objects: ObjectStore) -> bool:
    """One pass; whether there is more to delete. Raises StoreUnavailable or StorageUnavailable.

    The record goes last, so that what fails here is found again. Two keepers may do this at once: a file that is
    gone can be deleted.
    """
    expired = archive.expired(_PAGE)
    gone = 0
    for job in expired:
        if archive.glance(job.id) != Glance(job.status, job.version):
            continue  # somebody has just queued it again
        for key in everything_of(job, objects):
            objects.delete(key)
        archive.forget(job)
        gone += 1
        _log.info("job_deleted", job_id=job.id)
    return gone == _PAGE


def everything_of(job: Job, objects: ObjectStore) -> frozenset[str]:
    """What the record names, and what else lies there: written by attempts that died before they could say so."""
    # Both, since a listing may be a little behind what was stored.
    return files_of(job) | {found.key for found in objects.under(job_prefix(job.tenant, job.id))}
