"""Writes a job's outputs into a folder, named after the photo."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import click

from api.client.client import CONTENT_TYPES, CutroomClient, Json

EXTENSIONS = {
    "image/png": "png",
    "image/webp": "webp",
    "image/jpeg": "jpg",
    "image/avif": "avif",
    "image/tiff": "tif",
    "application/zip": "zip",
    "image/vnd.adobe.photoshop": "psd",
}
"""Of files, by their content type: what a job's output says of itself."""

_SHORT = {"jpeg": "jpg", "tiff": "tif"}
"""Of formats, the extensions that are not their names."""


def save_outputs(client: CutroomClient, job: Json, folder: Path, stem: str) -> list[Path]:
    """`stem.png` for the result, `stem.<name>.png` for what else the job made."""
    return [client.download(output, folder / _filename(output, stem)) for output in job["outputs"]]


def _filename(output: Json, stem: str) -> str:
    extension = EXTENSIONS.get(output["content_type"], "bin")
    return f"{stem}.{extension}" if output["name"] == "image" else f"{stem}.{output['name']}.{extension}"


def stems_for(photos: Sequence[Path], folder: Path, file_format: str) -> list[str]:
    """What each photo's result is called in `folder`, without its extension.

    Raises click.BadParameter where a result would replace another, or a photo.
    """
    twice = [name for name, times in Counter(photo.name for photo in photos).items() if times > 1]
    if twice:
        raise click.BadParameter(f"{twice[0]} is there twice, and both results would be one file")
    stems = [path.as_posix() for path in result_stems(photo.name for photo in photos).values()]
    results = {(folder / f"{stem}.{_SHORT.get(file_format, file_format)}").resolve() for stem in stems}
    for photo in photos:
        if photo.resolve() in results:
            raise click.BadParameter(f"the result would replace {photo}: choose another folder")
    return stems


def result_stems(custom_ids: Iterable[str]) -> dict[str, PurePosixPath]:
    """Where each result lies below the folder, without its extension: `cat` for `cat.jpg`.

    Unless there is a `cat.png`, too: then it is `cat.jpg`, and what is written `cat.jpg.png`.
    """
    whole = {custom_id: below(custom_id) for custom_id in custom_ids}
    short = {custom_id: _without_extension(path) for custom_id, path in whole.items()}
    times = Counter(short.values())
    return {name: path if times[path] == 1 else whole[name] for name, path in short.items()}


def below(custom_id: str) -> PurePosixPath:
    """A path that leads nowhere else, whatever the id is."""
    parts = PurePosixPath(custom_id.replace("\\", "/").replace("\0", "")).parts
    named = [part for part in parts if part.strip("./ ")]
    return PurePosixPath(*named or ["unnamed"])


def _without_extension(path: PurePosixPath) -> PurePosixPath:
    return path.with_suffix("") if path.suffix.lower() in CONTENT_TYPES else path
