"""Objects as files: the embedded default. The API serves them under signed URLs.

A file is the object's bytes and, behind them, a label of fixed length with the content type. One rename
commits both, so they can never disagree (a sidecar could), one open answers `stat`, and picture viewers still
open the file, since they ignore what follows. Extended attributes would do, but not on every file system.
"""

import io
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from shared.errors import NotFound, SettingsInvalid, StorageUnavailable
from shared.settings import Settings
from shared.storage.folder import Folder
from shared.storage.headers import check_content_type
from shared.storage.keys import check_key, check_prefix
from shared.storage.port import ObjectStat, SignedRequest, StoredObject
from shared.storage.signing import UrlSigner

CHUNK_BYTES = 1 << 20

_LABEL_BYTES = 128
_LABEL_START = b"\ncutroom object 1\n"


def connect(url: str, settings: Settings) -> "FileObjectStore":
    """Open `file:///folder`. Raises SettingsInvalid for a URL that is not of this form."""
    parts = urlsplit(url)
    if parts.netloc or not parts.path.startswith("/") or parts.query or parts.fragment:
        raise SettingsInvalid("CUTROOM_STORAGE_URL: a folder is written file:///absolute/path")
    return FileObjectStore(
        Path(url2pathname(parts.path)), settings.base_url, settings.effective_signing_secret
    )


class FileObjectStore:
    """An ObjectStore in one folder, which all processes must see."""

    def __init__(self, root: Path, base_url: str, secret: str) -> None:
        """Makes the folder. Raises StorageUnavailable when it cannot."""
        self._signer = UrlSigner(base_url, secret)
        with _translated():
            self._folder = Folder(root)

    def put(self, key: str, body: BinaryIO, *, content_type: str) -> None:
        """See ObjectStore."""
        label = _label(check_content_type(content_type))
        check_key(key)
        with self._drafted(body, label) as draft, _translated():
            self._folder.move_in(draft, key)

    def open(self, key: str) -> BinaryIO:
        """See ObjectStore; this stream can also seek, and has a descriptor: of a file that ends with the label."""
        found = self._find(key)
        if found is None:
            raise NotFound("there is no such object")
        descriptor, facts = found
        return io.BufferedReader(_Unlabelled(descriptor, facts.bytes), CHUNK_BYTES)

    def stat(self, key: str) -> ObjectStat | None:
        """See ObjectStore."""
        found = self._find(key)
        if found is None:
            return None
        descriptor, facts = found
        os.close(descriptor)
        return facts

    def delete(self, key: str) -> None:
        """See ObjectStore."""
        with _translated():
            self._folder.remove(key)

    def under(self, prefix: str) -> Iterator[StoredObject]:
        """See ObjectStore."""
        with _translated():
            for key, facts in self._folder.under(check_prefix(prefix)):
                stored_at = datetime.fromtimestamp(facts.st_mtime, UTC)
                yield StoredObject(key, max(facts.st_size - _LABEL_BYTES, 0), stored_at)

    def discard_unfinished(self, before: datetime) -> int:
        """See ObjectStore; a writer that was killed leaves a draft."""
        count = 0
        with _translated():
            for name, facts in self._folder.drafts():
                if facts.st_mtime < before.timestamp():
                    self._folder.discard(name)
                    count += 1
        return count

    def presign_get(self, key: str, *, expires_in: timedelta, filename: str) -> str:
        """See ObjectStore."""
        return self._signer.get(key, expires_in=expires_in, filename=filename)

    def presign_put(
        self, key: str, *, expires_in: timedelta, content_type: str, content_length: int
    ) -> SignedRequest:
        """See ObjectStore."""
        return self._signer.put(
            key, expires_in=expires_in, content_type=content_type, content_length=content_length
        )

    def check(self) -> None:
        """See ObjectStore; writes, since a full disk still reads."""
        with self._drafted(io.BytesIO(b"?"), b"") as draft, _translated():
            self._folder.discard(draft)

    def _find(self, key: str) -> tuple[int, ObjectStat] | None:
        """An open descriptor, for the caller to close, and what the label says."""
        with _translated():
            descriptor = self._folder.read(key)
            if descriptor is None:
                return None
            with ExitStack() as opened:
                opened.callback(os.close, descriptor)
                facts = _read_label(descriptor)
                if facts is None:
                    return None
                opened.pop_all()
                return descriptor, facts

    @contextmanager
    def _drafted(self, body: BinaryIO, label: bytes) -> Iterator[str]:
        """The name of a draft that holds the body and the label, on disk; gone if anything fails meanwhile."""
        name = secrets.token_hex(16)
        with _translated():
            descriptor = self._folder.draft(name)
        try:
            _fill(descriptor, body, label)
            yield name
        except BaseException:
            with _translated():
                self._folder.discard(name)
            raise


class _Unlabelled(io.RawIOBase):
    """The bytes of an open file before its label."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("before the start of the object")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        wanted = max(0, min(len(buffer), self._size - self._position))
        with _translated():
            got = os.preadv(self._descriptor, [memoryview(buffer)[:wanted]], self._position)
        self._position += got
        return got

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _label(content_type: str) -> bytes:
    return (_LABEL_START + content_type.encode()).ljust(_LABEL_BYTES)


def _read_label(descriptor: int) -> ObjectStat | None:
    """What the label says, or None for a file that is none of ours."""
    facts = os.fstat(descriptor)
    size = facts.st_size - _LABEL_BYTES
    if not stat.S_ISREG(facts.st_mode) or size < 0:
        return None
    label = os.pread(descriptor, _LABEL_BYTES, size)
    if not label.startswith(_LABEL_START):
        return None
    return ObjectStat(size, label.removeprefix(_LABEL_START).decode().rstrip())


def _fill(descriptor: int, body: BinaryIO, label: bytes) -> None:
    """Write body and label, wait for the disk, close; an error of `body` comes through as it is."""
    try:
        while chunk := body.read(CHUNK_BYTES):
            with _translated():
                _write(descriptor, chunk)
        with _translated():
            _write(descriptor, label)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


@contextmanager
def _translated() -> Iterator[None]:
    """The file system's errors as ours; the reason is named, no path is."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise StorageUnavailable(f"file storage failed: {reason}") from error
