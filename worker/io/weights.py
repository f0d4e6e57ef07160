"""Weights files: found, checked by SHA-256, kept; a wrong hash is an error, never a warning."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path

import structlog

from shared import plugins
from shared.catalog import Format, ModelCard, WeightSource
from shared.errors import ModelUnavailable
from worker.io.sources.source import Progress, SourceContext, SourceFailed

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file whose hash is the catalogue's."""

    path: Path
    sha256: str
    format: Format


def _silent(_done: int, _total: int | None) -> None:
    """Progress that nobody watches."""


class Weights:
    """The folder of weights, and the way to fill it."""

    def __init__(self, cache: Path, model_dir: Path | None) -> None:
        self._cache = cache.expanduser()
        self._model_dir = model_dir

    def present(self, card: ModelCard) -> WeightsFile | None:
        """The file if it is here already (hashed when it came, not now)."""
        for source in card.sources:
            path = self._path(card, source)
            if path.is_file():
                return WeightsFile(path, source.sha256, source.format)
        return None

    def get(self, card: ModelCard, progress: Progress = _silent) -> WeightsFile:
        """The checked file, from the first source that has it; several processes may ask at once.

        Raises ModelUnavailable listing each source and what it said.
        """
        with self._locked(card):
            return self._here(card) or self._fetched(card, progress)

    def verify(self, card: ModelCard) -> bool:
        """Whether the file that is here still has its hash; one that does not is removed."""
        return self._here(card) is not None

    def _here(self, card: ModelCard) -> WeightsFile | None:
        found = self.present(card)
        if found is None or _sha256(found.path) == found.sha256:
            return found
        _log.error("weights_corrupt", model=card.name, file=found.path.name)
        found.path.unlink()
        return self._here(card)

    def _fetched(self, card: ModelCard, progress: Progress) -> WeightsFile:
        answers = []
        for source in card.sources:
            try:
                return self._from(card, source, progress)
            except SourceFailed as error:
                answers.append(f"{source.kind} {source.location}: {error}")
        raise ModelUnavailable(f"no source has the weights of {card.name}; " + "; ".join(answers))

    def _from(self, card: ModelCard, source: WeightSource, progress: Progress) -> WeightsFile:
        module = plugins.load("worker.io.sources", source.kind)
        with tempfile.TemporaryDirectory(dir=self._cache, prefix=".fetch-") as folder:
            fetched = module.fetch(source, Path(folder), SourceContext(self._model_dir, progress))
            found = _sha256(fetched)
            if found != source.sha256:
                raise SourceFailed(f"the file has SHA-256 {found[:12]}…, expected {source.sha256[:12]}…")
            path = self._path(card, source)
            _move(fetched, path)
        _log.info("weights_fetched", model=card.name, source=source.kind, file=path.name)
        return WeightsFile(path, source.sha256, source.format)

    def _path(self, card: ModelCard, source: WeightSource) -> Path:
        return self._cache / f"{card.name}-{source.sha256[:12]}.{source.format}"

    @contextmanager
    def _locked(self, card: ModelCard) -> Iterator[None]:
        """One download of a model at a time on this machine."""
        self._cache.mkdir(parents=True, exist_ok=True)
        with (self._cache / f".{card.name}.lock").open("w") as lock:
            flock(lock, LOCK_EX)
            try:
                yield
            finally:
                flock(lock, LOCK_UN)


def _move(fetched: Path, path: Path) -> None:
    """Into the cache under its name in one step; a link's target is copied first."""
    whole = fetched.with_name("whole")
    if fetched.is_symlink():
        shutil.copyfile(fetched, whole)
    else:
        fetched.rename(whole)
    os.replace(whole, path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
