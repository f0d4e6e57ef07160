"""Pictures that others hold: named by URL, through the guard, or kept in storage. Spooled to disk when large."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO, cast

from shared.download import Downloaded, download
from shared.errors import DownloadFailed, NotFound
from shared.limits import download_limits, url_rules
from shared.settings import Settings
from shared.storage.port import ObjectStore

_CHUNK_BYTES = 1 << 20
_SPOOL_BYTES = 8_000_000
"""Smaller pictures never touch the disk."""


@contextmanager
def kept(key: str, objects: ObjectStore) -> Iterator[tuple[BinaryIO, Downloaded]]:
    """The bytes of a stored picture, to be read from their beginning, and what is known of them.

    Raises DownloadFailed when it is gone.
    """
    hashed, size = hashlib.sha256(), 0
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
        try:
            source = objects.open(key)
        except NotFound:
            raise DownloadFailed("the picture has been deleted") from None
        with closing(source):
            while chunk := source.read(_CHUNK_BYTES):
                hashed.update(chunk)
                size += spool.write(chunk)
        spool.seek(0)
        yield cast(BinaryIO, spool), Downloaded(size, hashed.hexdigest(), "")


@contextmanager
def fetched(url: str, settings: Settings) -> Iterator[tuple[BinaryIO, Downloaded]]:
    """The bytes behind a URL, to be read from their beginning, and what is known of them.

    Raises UrlNotAllowed, DownloadFailed, SourceUnreachable.
    """
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
        body = cast(BinaryIO, spool)
        known = download(url, body, url_rules(settings), download_limits(settings))
        body.seek(0)
        yield body, known
