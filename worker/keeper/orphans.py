"""Objects that belong to nobody: their writer died before the record was made, or after it was forgotten."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Protocol

import structlog

from shared.errors import TransientError
from shared.settings import Settings
from shared.storage.keys import ROOT, owner_of
from shared.storage.port import ObjectStore, StoredObject

_log = structlog.get_logger(__name__)

PAGE = 1000
"""Objects a pass looks at."""
_LEAST_AGE_SECONDS = 86_400.0


class Owners(Protocol):
    """The records that an object can belong to."""

    def absent(self, ids: Iterable[str]) -> frozenset[str]:
        """Those that no record is of. Raises StoreUnavailable."""


def safe_age(settings: Settings) -> timedelta:
    """Twice as long as anything lives that does not ask for more, a day at least.

    An object is stored seconds before its record. The rest is for people: whoever has lost Redis's records has
    this long to put them back, or to stop the keeper, before their pictures are nobody's.
    """
    longest = max(settings.retention_seconds, settings.upload_keep_seconds)
    return timedelta(seconds=max(2 * longest, _LEAST_AGE_SECONDS))


def orphans_among(page: Iterable[StoredObject], owners: Owners, before: datetime) -> list[str]:
    """The keys of what was stored before then and has no owner. Raises StoreUnavailable."""
    owner_ids = {one.key: owner[1] for one in page if one.stored_at < before and (owner := owner_of(one.key))}
    absent = owners.absent(set(owner_ids.values()))
    return [key for key, owner_id in owner_ids.items() if owner_id in absent]


class Orphans:
    """Goes through storage page by page, and begins anew after the last."""

    def __init__(self, objects: ObjectStore, owners: Owners, age: timedelta) -> None:
        self._objects = objects
        self._owners = owners
        self._age = age
        self._listing: Iterator[StoredObject] | None = None

    def sweep(self) -> bool:
        """One pass; whether there is more to look at. Raises StorageUnavailable or StoreUnavailable."""
        before = datetime.now(UTC) - self._age
        if self._listing is None:
            if unfinished := self._objects.discard_unfinished(before):
                _log.info("unfinished_writes_discarded", count=unfinished)
            self._listing = self._objects.under(ROOT)
        try:
            page = list(islice(self._listing, PAGE))
            for key in orphans_among(page, self._owners, before):
                self._objects.delete(key)
                _log.info("orphan_deleted", key=key)
        except TransientError:
            self._listing = None  # a generator that has raised is over
            raise
        if len(page) < PAGE:
            self._listing = None
        return len(page) == PAGE
