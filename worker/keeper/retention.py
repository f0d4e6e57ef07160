"""Delete what has been kept for long enough: files first, then the record that names them."""

import random
from concurrent.futures import ThreadPoolExecutor

import structlog

from shared.jobs.archive import Glance, JobArchive
from shared.jobs.expiry import files_of
from shared.jobs.job import Job
from shared.storage.keys import job_prefix
from shared.storage.port import ObjectStore

_log = structlog.get_logger(__name__)

_PAGE = 200
"""Jobs a pass looks at."""
_THREADS = 8
"""Jobs deleted at once: each waits for four requests or so to storage, one after the other."""


def delete_expired(archive: JobArchive, objects: ObjectStore) -> bool:
    """One pass; whether there may be more to delete. Raises StoreUnavailable or StorageUnavailable.

    The record goes last, so that what fails here is found again. Two keepers may do this at once: a file that is
    gone can be deleted, and in an order of its own each meets few jobs that the other is about to delete.
    """
    expired = list(archive.expired(_PAGE))
    random.shuffle(expired)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="delete-jobs") as pool:
        try:
            gone = sum(pool.map(lambda job: _delete(job, archive, objects), expired))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return len(expired) == _PAGE and gone > 0


def _delete(job: Job, archive: JobArchive, objects: ObjectStore) -> bool:
    """Whether it was ours to delete: not where somebody has queued it again, or another keeper was first."""
    if archive.glance(job.id) != Glance(job.status, job.version):
        return False
    for key in everything_of(job, objects):
        objects.delete(key)
    archive.forget(job)
    _log.info("job_deleted", job_id=job.id)
    return True


def everything_of(job: Job, objects: ObjectStore) -> frozenset[str]:
    """What the record names, and what else lies there: written by attempts that died before they could say so."""
    # Both, since a listing may be a little behind what was stored.
    return files_of(job) | {found.key for found in objects.under(job_prefix(job.tenant, job.id))}
