"""What was done of a batch before it was interrupted: lines of JSON beside its results, written as it goes."""

import json
import time
from pathlib import Path
from threading import Lock
from typing import Any

from api.cli.photos import Wish

NAME = ".cutroom-batch.ndjson"
_UPLOADS_LAST_SECONDS = 20 * 3600
"""A little less than a server keeps an upload that no job uses."""


class Journal:
    """Remembers uploads and the batch they became, for one server."""

    def __init__(self, folder: Path, server: str, *, resumes: bool) -> None:
        self._path = folder / NAME
        self._server = server
        self._lock = Lock()
        self._uploads: dict[str, str] = {}
        self.batch_id = ""
        """Of the batch that was handed in and whose results are not all here."""
        folder.mkdir(parents=True, exist_ok=True)
        if resumes:
            self._read()
        else:
            self.close()

    def upload_of(self, wish: Wish) -> str | None:
        """The upload that already holds this very photo."""
        return self._uploads.get(_identity(wish))

    def uploaded(self, wish: Wish, upload_id: str) -> None:
        """The photo has arrived."""
        self._write({"upload": _identity(wish), "id": upload_id, "at": time.time()})

    def handed_in(self, batch_id: str) -> None:
        """The server has the batch."""
        self.batch_id = batch_id
        self._write({"batch": batch_id})

    def close(self) -> None:
        """All is here: nothing is left to remember."""
        self.batch_id = ""
        self._uploads.clear()
        self._path.unlink(missing_ok=True)

    def _read(self) -> None:
        text = self._path.read_text() if self._path.exists() else ""
        # The last line may be cut off: then what it says was not done.
        for line in text.splitlines(keepends=True):
            if line.endswith("\n"):
                self._take(json.loads(line))

    def _take(self, entry: dict[str, Any]) -> None:
        if entry["server"] != self._server:
            return
        if "batch" in entry:
            self.batch_id = entry["batch"]
        elif time.time() - entry["at"] < _UPLOADS_LAST_SECONDS:
            self._uploads[entry["upload"]] = entry["id"]

    def _write(self, entry: dict[str, Any]) -> None:
        with self._lock, self._path.open("a") as file:
            file.write(json.dumps({**entry, "server": self._server}) + "\n")


def _identity(wish: Wish) -> str:
    """Changes when the file does."""
    if wish.photo is None:
        return wish.custom_id
    facts = wish.photo.stat()
    return f"{wish.custom_id}|{facts.st_size}|{facts.st_mtime_ns}"
