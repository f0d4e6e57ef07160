"""One process at a time, by a file that all of them see."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for the lock of this file, made if need be; threads of one process wait for each other too."""
    with path.open("w") as lock:
        flock(lock, LOCK_EX)
        try:
            yield
        finally:
            flock(lock, LOCK_UN)


@contextmanager
def locked_folder(folder: Path, name: str) -> Iterator[None]:
    """Wait for the lock of this name in a folder; where that cannot be written to, for the machine's."""
    at = folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())
    with locked(at / name):
        yield
