"""Deletes the files and records of jobs whose time is over: for the keeper to call, and for DELETE."""

from collections.abc import Iterator

import structlog

from shared.jobs.archive import JobArchive
from shared.jobs.job import Job
from shared.storage.port import ObjectStore

_log = structlog.get_logger(__name__)

_PAGE = 100
"""Jobs a pass looks at."""


def sweep_expired(archive: JobArchive, objects: ObjectStore) -> int:
    """One pass; returns how many went. Raises StoreUnavailable or StorageUnavailable; the next pass goes on."""
    over = archive.expired(_PAGE)
    for job in over:
        delete_job(job, archive, objects)
    return len(over)


def delete_job(job: Job, archive: JobArchive, objects: ObjectStore) -> None:
    """Delete the job's files, then its record: what fails half-way is found again."""
    delete_files(job, objects)
    archive.forget(job)
    _log.info("job_deleted", job_id=job.id)


def delete_files(job: Job, objects: ObjectStore) -> None:
    """Delete every file that the record knows."""
    for key in sorted(set(_keys(job))):
        objects.delete(key)


def _keys(job: Job) -> Iterator[str]:
    """Results name what they stored in fields `key` and `…_key`."""
    records = [*job.results.values(), *([job.posted_input] if job.posted_input else [])]
    for record in records:
        yield from _keys_in(record.model_dump())


def _keys_in(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _keys_in(inner, inner_name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _keys_in(inner, name)
    elif isinstance(value, str) and value and (name == "key" or name.endswith("_key")):
        yield value
