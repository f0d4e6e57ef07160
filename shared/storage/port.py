"""The port to object storage: what the API and the workers ask of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """What storage knows of an object."""

    bytes: int
    content_type: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as storage lists it."""

    key: str
    bytes: int
    stored_at: datetime
    """With its time zone, by the clock of the storage."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that whoever holds it may make once or many times until it expires."""

    method: str
    url: str
    headers: Mapping[str, str]
    """Must be sent exactly so: they are part of the signature."""


class ObjectStore(Protocol):
    """Objects by key. Every method raises StorageUnavailable when storage does not answer.

    A write is atomic: a reader sees the whole object or none. Keys come from `shared.storage.keys` only.
    """

    def put(self, key: str, body: BinaryIO, *, content_type: str) -> None:
        """Store what `body` still holds, read in chunks, under `key`; replaces."""

    def open(self, key: str) -> BinaryIO:
        """Open the object for reading, as a stream. Raises NotFound."""

    def stat(self, key: str) -> ObjectStat | None:
        """What is stored under `key`, or None."""

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens when there is none."""

    def under(self, prefix: str) -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix`, which ends in a slash; in no particular order.

        What is stored or deleted meanwhile may be in it or not.
        """

    def discard_unfinished(self, before: datetime) -> int:
        """Remove what is left of writes that were begun before then and never ended; how many there were."""

    def presign_get(self, key: str, *, expires_in: timedelta, filename: str) -> str:
        """A URL that serves the object as an attachment named `filename` until it expires."""

    def presign_put(
        self, key: str, *, expires_in: timedelta, content_type: str, content_length: int
    ) -> SignedRequest:
        """A request that stores exactly `content_length` bytes of `content_type` under `key`."""

    def check(self) -> None:
        """Raise StorageUnavailable unless storage answers now."""
