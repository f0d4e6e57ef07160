"""A job's files, and how they and its record go: files first, so that what fails half-way is found again."""

from collections.abc import Iterator

import structlog

from shared.jobs.archive import JobArchive
from shared.jobs.job import Job
from shared.storage.keys import job_prefix
from shared.storage.port import ObjectStore

_log = structlog.get_logger(__name__)


def delete_job(job: Job, archive: JobArchive, objects: ObjectStore) -> None:
    """Delete the job's files, then its record. Raises StorageUnavailable or StoreUnavailable."""
    delete_files(job, objects)
    archive.forget(job)
    _log.info("job_deleted", job_id=job.id)


def delete_files(job: Job, objects: ObjectStore) -> None:
    """Delete every file that the record knows."""
    for key in sorted(files_of(job)):
        objects.delete(key)


def files_of(job: Job) -> frozenset[str]:
    """The keys that the record names and that are the job's own: it may use an upload or another job's matte."""
    records = [*job.results.values(), *([job.posted_input] if job.posted_input else [])]
    own = job_prefix(job.tenant, job.id)
    return frozenset(key for record in records for key in _keys(record.model_dump()) if key.startswith(own))


def _keys(value: object, name: str = "") -> Iterator[str]:
    """Whatever stands under `key` or `…_key`, however deep."""
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _keys(inner, inner_name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _keys(inner, name)
    elif isinstance(value, str) and (name == "key" or name.endswith("_key")):
        yield value
