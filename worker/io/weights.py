"""Weights files: found, checked by SHA-256, kept; a wrong hash is an error, never a warning.

Where the catalogue knows no hash, the file that comes first is pinned: its hash is written beside it, and holds from
then on like a published one.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from shared import plugins
from shared.catalog import Format, ModelCard, WeightSource
from shared.errors import ModelUnavailable
from worker.io import int8
from worker.io.digest import digest_of
from worker.io.locking import locked
from worker.io.mirror import Mirror
from worker.io.sources.source import Progress, SourceContext, SourceFailed

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file whose hash is the catalogue's, or the one pinned when it came."""

    path: Path
    sha256: str
    """Of the file; of an int8 graph, of its `.bin`."""
    format: Format
    is_for_auto: bool = True
    """False for an int8 graph that is too far from the exact network."""


def _silent(_done: int, _total: int | None) -> None:
    """Progress that nobody watches."""


class Weights:
    """The folder of weights, and the way to fill it."""

    def __init__(
        self, cache: Path, model_dir: Path | None, *, mirror: Mirror | None = None, hub_url: str = ""
    ) -> None:
        self._cache = cache.expanduser()
        self._model_dir = model_dir
        self._mirror = mirror
        self._hub_url = hub_url

    def present(self, card: ModelCard) -> WeightsFile | None:
        """The file if it is here already (hashed when it came, not now)."""
        if card.quantized_from:
            return self._quantized(card)
        for source in card.sources:
            path = self._path(card, source)
            sha256 = source.sha256 or _pinned(path)
            if sha256 and path.is_file():
                return WeightsFile(path, sha256, source.format)
        return None

    def get(self, card: ModelCard, progress: Progress = _silent) -> WeightsFile:
        """The checked file, from the first source that has it; several processes may ask at once.

        Raises ModelUnavailable listing each source and what it said; for an int8 variant, the command that makes it.
        """
        self._cache.mkdir(parents=True, exist_ok=True)
        with locked(self._cache / f".{card.name}.lock"):
            if (found := self._here(card)) is not None:
                return found
            if card.quantized_from:
                command = f"cutroom models quantize {card.quantized_from} --calibrate FOLDER"
                raise ModelUnavailable(f"this worker has no {card.name}; `{command}` makes it")
            return self._fetched(card, progress)

    def verify(self, card: ModelCard) -> bool:
        """Whether the file that is here still has its hash; one that does not is removed."""
        return self._here(card) is not None

    def _here(self, card: ModelCard) -> WeightsFile | None:
        found = self.present(card)
        if found is None or digest_of(_hashed(found)) == found.sha256:
            return found
        _log.error("weights_corrupt", model=card.name, file=found.path.name)
        found.path.unlink()
        return self._here(card)

    def _quantized(self, card: ModelCard) -> WeightsFile | None:
        """The int8 graph that was made of one of the card's files."""
        for source in card.sources:
            path = self._path(card, source)
            if record := int8.read_record(path):
                graph = int8.graph_path(path, record.recipe)
                return WeightsFile(graph, record.graph_sha256, "int8", is_for_auto=record.accepted)
        return None

    def _fetched(self, card: ModelCard, progress: Progress) -> WeightsFile:
        answers = []
        for name, source, fetch in self._ways(card, progress):
            try:
                return self._kept(card, source, fetch)
            except SourceFailed as error:
                answers.append(f"{name}: {error}")
        raise ModelUnavailable(f"no source has the weights of {card.name}; " + "; ".join(answers))

    def _ways(
        self, card: ModelCard, progress: Progress
    ) -> list[tuple[str, WeightSource, Callable[[Path], Path]]]:
        """What to try in which order: the mirror for every source, then the sources themselves."""
        context = SourceContext(self._model_dir, progress, self._hub_url)

        def from_mirror(mirror: Mirror, source: WeightSource) -> Callable[[Path], Path]:
            name = self._path(card, source).name
            return lambda folder: mirror.fetch(name, folder / "download", progress)

        def from_source(source: WeightSource) -> Callable[[Path], Path]:
            module = plugins.load("worker.io.sources", source.kind)
            return lambda folder: Path(module.fetch(source, folder, context))

        mirrored = [
            (f"mirror {self._path(card, source).name}", source, from_mirror(self._mirror, source))
            for source in card.sources
            if self._mirror
        ]
        direct = [
            (f"{source.kind} {source.location}", source, from_source(source)) for source in card.sources
        ]
        return mirrored + direct

    def _kept(self, card: ModelCard, source: WeightSource, fetch: Callable[[Path], Path]) -> WeightsFile:
        """Fetch, check, move into the folder."""
        path = self._path(card, source)
        with tempfile.TemporaryDirectory(dir=self._cache, prefix=".fetch-") as folder:
            fetched = fetch(Path(folder))
            sha256 = _checked(fetched, source, path)
            _move(fetched, path)
        _log.info("weights_fetched", model=card.name, source=source.kind, file=path.name)
        return WeightsFile(path, sha256, source.format)

    def _path(self, card: ModelCard, source: WeightSource) -> Path:
        mark = source.sha256 or hashlib.sha256(f"{source.location} {source.member}".encode()).hexdigest()
        return self._cache / f"{card.quantized_from or card.name}-{mark[:12]}.{source.format}"


def _checked(fetched: Path, source: WeightSource, path: Path) -> str:
    """The file's SHA-256 if it is the right one; pinned where nobody has published one. Raises SourceFailed."""
    found = digest_of(fetched)
    expected = source.sha256 or _pinned(path)
    if expected and found != expected:
        origin = "expected" if source.sha256 else f"but {_pin(path).name} holds"
        raise SourceFailed(f"the file has SHA-256 {found[:12]}…, {origin} {expected[:12]}…")
    algorithm, _, published = source.published.partition(":")
    if published and not (known := digest_of(fetched, algorithm)).startswith(published):
        raise SourceFailed(f"the file has {algorithm.upper()} {known[:12]}…, expected {published[:12]}…")
    if not expected:
        _pin(path).write_text(found)
        _log.info("weights_pinned", file=path.name, sha256=found)
    return found


def _hashed(file: WeightsFile) -> Path:
    """Where the numbers are."""
    return file.path.with_suffix(".bin") if file.format == "int8" else file.path


def _pin(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _pinned(path: Path) -> str:
    pin = _pin(path)
    return pin.read_text().strip() if pin.is_file() else ""


def _move(fetched: Path, path: Path) -> None:
    """Into the cache under its name in one step; a link's target is copied first."""
    whole = fetched.with_name("whole")
    if fetched.is_symlink():
        shutil.copyfile(fetched, whole)
    else:
        fetched.rename(whole)
    os.replace(whole, path)
