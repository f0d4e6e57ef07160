"""Where the bytes of a request lie while it is handled: in memory, on disk when there are many."""

from collections.abc import Callable
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

_SPOOL_BYTES = 500_000


def open_spool(spools: ExitStack) -> BinaryIO:
    """An empty file that `spools` closes, so that a body cut off half-way leaves nothing behind either."""
    return cast(BinaryIO, spools.enter_context(SpooledTemporaryFile(max_size=_SPOOL_BYTES)))


def spool_factory(spools: ExitStack) -> Callable[..., IO[bytes]]:
    """What Werkzeug's form parser asks for a file, with what it says of it: here all files are alike."""

    def new_spool(
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return open_spool(spools)

    return new_spool
