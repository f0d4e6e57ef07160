"""A copy of the folder of weights elsewhere, for closed networks: `CUTROOM_MODEL_MIRROR`."""

from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from shared.errors import AppError
from shared.settings import Settings
from shared.storage.opening import open_store
from shared.storage.port import ObjectStore
from worker.io.sources.source import Progress, SourceFailed, download


class Mirror(Protocol):
    """Where the files of the cache may lie under the same names."""

    def fetch(self, name: str, target: Path, progress: Progress) -> Path:
        """The file of this name. Raises SourceFailed."""


class WebMirror:
    """A folder on a web server."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix.rstrip("/")

    def fetch(self, name: str, target: Path, progress: Progress) -> Path:
        """Download the file."""
        return download(f"{self._prefix}/{name}", target, progress)


class StoreMirror:
    """A prefix of a bucket, reached with the storage's own settings."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def fetch(self, name: str, target: Path, progress: Progress) -> Path:
        """Copy the object."""
        try:
            known = self._store.stat(name)
            total = known.bytes if known else None
            with self._store.open(name) as body, target.open("wb") as out:
                while block := body.read(1 << 20):
                    out.write(block)
                    progress(out.tell(), total)
        except AppError as error:
            raise SourceFailed(error.detail) from error
        return target


def open_mirror(settings: Settings) -> Mirror | None:
    """The mirror that the settings name, if they name one. Raises SettingsInvalid for an unknown scheme."""
    url = settings.model_mirror
    if not url:
        return None
    if urlsplit(url).scheme in ("http", "https"):
        return WebMirror(url)
    return StoreMirror(open_store(settings.model_copy(update={"storage_url": url})))
