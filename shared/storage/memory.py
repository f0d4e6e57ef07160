"""Objects in this process's memory, for tests. It holds whole objects; nothing else here does."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import BinaryIO

from shared.errors import NotFound, StorageUnavailable
from shared.storage.headers import check_content_type
from shared.storage.keys import check_key, check_prefix
from shared.storage.port import ObjectStat, SignedRequest, StoredObject
from shared.storage.signing import UrlSigner


class MemoryObjectStore:
    """An ObjectStore whose URLs are signed as file storage signs them."""

    def __init__(self, base_url: str = "http://127.0.0.1:8000", secret: str = "in-memory") -> None:  # noqa: S107 signs nothing real
        self._signer = UrlSigner(base_url, secret)
        self._objects: dict[str, tuple[bytes, str]] = {}
        self._stored_at: dict[str, datetime] = {}
        self._lock = Lock()
        self.is_down = False
        """Set it, and every method raises StorageUnavailable."""

    def put(self, key: str, body: BinaryIO, *, content_type: str) -> None:
        """See ObjectStore."""
        self.check()
        labelled = (check_key(key), check_content_type(content_type))
        content = body.read()
        with self._lock:
            self._objects[labelled[0]] = (content, labelled[1])
            self._stored_at[labelled[0]] = datetime.now(UTC)

    def open(self, key: str) -> BinaryIO:
        """See ObjectStore."""
        self.check()
        with self._lock:
            found = self._objects.get(check_key(key))
        if found is None:
            raise NotFound("there is no such object")
        return io.BytesIO(found[0])

    def stat(self, key: str) -> ObjectStat | None:
        """See ObjectStore."""
        self.check()
        with self._lock:
            found = self._objects.get(check_key(key))
        return None if found is None else ObjectStat(len(found[0]), found[1])

    def delete(self, key: str) -> None:
        """See ObjectStore."""
        self.check()
        with self._lock:
            self._objects.pop(check_key(key), None)

    def under(self, prefix: str) -> Iterator[StoredObject]:
        """See ObjectStore."""
        self.check()
        check_prefix(prefix)
        with self._lock:
            found = [
                StoredObject(key, len(content), self._stored_at[key])
                for key, (content, _) in self._objects.items()
                if key.startswith(prefix)
            ]
        yield from found

    def discard_unfinished(self, before: datetime) -> int:
        """See ObjectStore; nothing is ever half written here."""
        self.check()
        return 0

    def presign_get(self, key: str, *, expires_in: timedelta, filename: str) -> str:
        """See ObjectStore."""
        self.check()
        return self._signer.get(key, expires_in=expires_in, filename=filename)

    def presign_put(
        self, key: str, *, expires_in: timedelta, content_type: str, content_length: int
    ) -> SignedRequest:
        """See ObjectStore."""
        self.check()
        return self._signer.put(
            key, expires_in=expires_in, content_type=content_type, content_length=content_length
        )

    def check(self) -> None:
        """See ObjectStore."""
        if self.is_down:
            raise StorageUnavailable("object storage does not answer")
