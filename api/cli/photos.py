"""What a batch is made of: the photos of a folder, or the lines of a manifest."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from api.client.client import CONTENT_TYPES


@dataclass(frozen=True, slots=True)
class Wish:
    """One picture of a batch."""

    custom_id: str
    photo: Path | None
    """To be uploaded; None where the line's own `input` says where it is."""
    line: Mapping[str, Any] = field(default_factory=dict)
    """What else the line says."""


def wishes_in(source: Path, results: Path) -> list[Wish]:
    """Of a folder every picture in it, but for those under `results`; of a manifest every line.

    Raises click.BadParameter.
    """
    if source.is_file() and source.suffix.lower() in CONTENT_TYPES:
        raise click.BadParameter(f"{source} is one photo: `cutroom submit` takes it")
    found = list(_in_folder(source, results) if source.is_dir() else _in_manifest(source))
    if not found:
        raise click.BadParameter(f"there is no picture in {source}")
    seen: set[str] = set()
    for wish in found:
        if wish.custom_id in seen:
            raise click.BadParameter(f"{source}: custom_id {wish.custom_id!r} is there twice")
        seen.add(wish.custom_id)
    return found


def _in_folder(folder: Path, results: Path) -> Iterator[Wish]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in name.parts)
        if is_hidden or path.suffix.lower() not in CONTENT_TYPES or not path.is_file():
            continue
        if results.resolve() not in path.resolve().parents:
            yield Wish(name.as_posix(), path)


def _in_manifest(manifest: Path) -> Iterator[Wish]:
    with manifest.open(encoding="utf-8-sig", errors="replace") as lines:
        for number, text in enumerate(lines, start=1):
            if text.strip():
                yield _wish(manifest, number, text)


def _wish(manifest: Path, number: int, text: str) -> Wish:
    where = f"{manifest}, line {number}"
    try:
        line = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"{where}: not JSON: {error}") from None
    if not isinstance(line, dict) or ("file" in line) == ("input" in line):
        raise click.BadParameter(f"{where}: a JSON object with either `file` or `input`")
    file, custom_id = line.pop("file", None), line.pop("custom_id", None)
    photo = manifest.parent / str(file) if file is not None else None
    if photo is not None and not photo.is_file():
        raise click.BadParameter(f"{where}: there is no file {photo}")
    return Wish(str(custom_id or file or f"line-{number}"), photo, line)
