"""What the keeper would delete now, said and not done."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import structlog

from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.redis_store import StoreTimes
from shared.records import connect
from shared.settings import Settings
from shared.storage.keys import ROOT
from shared.storage.opening import open_store
from shared.storage.port import ObjectStore
from shared.storage.redis_owners import RedisOwners
from shared.uploads.redis_store import RedisUploadStore
from worker.keeper.orphans import PAGE, Owners, orphans_among, safe_age
from worker.keeper.retention import everything_of

_log = structlog.get_logger(__name__)

_ALL = 1_000_000


class _Untouched(RedisJobArchive):
    """An archive that cancels nobody."""

    def delete(self, job_id: str) -> None:
        """An unfinished job whose time is over would be cancelled, and deleted in a later pass."""
        _log.info("would_be_cancelled", job_id=job_id)


def dry_run(settings: Settings) -> int:
    """Log each object, and return how many there are. Raises StoreUnavailable or StorageUnavailable."""
    redis, objects = connect(settings.redis_url), open_store(settings)
    archive, uploads = _Untouched(redis, StoreTimes.of(settings)), RedisUploadStore(redis)
    doomed = [
        *(("job", key) for job in archive.expired(_ALL) for key in sorted(everything_of(job, objects))),
        *(("upload", upload.key) for upload in uploads.over(time.time(), _ALL)),
        *(("orphan", key) for key in _orphans(objects, RedisOwners(redis), settings)),
    ]
    for what, key in doomed:
        _log.info("would_be_deleted", what=what, key=key)
    _log.info("dry_run_done", objects=len(doomed))
    return len(doomed)


def _orphans(objects: ObjectStore, owners: Owners, settings: Settings) -> Iterator[str]:
    before, listing = datetime.now(UTC) - safe_age(settings), objects.under(ROOT)
    while page := list(islice(listing, PAGE)):
        yield from orphans_among(page, owners, before)
