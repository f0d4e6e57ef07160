"""Pictures named by URL: through the guard, bounded, spooled to disk when large."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from shared.download import Downloaded, download
from shared.limits import download_limits, url_rules
from shared.settings import Settings

_SPOOL_BYTES = 8_000_000
"""Smaller pictures never touch the disk."""


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
