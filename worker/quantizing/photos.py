"""The photos that a network is calibrated with, and those held back to compare with."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.errors import AppError, InvalidSpec
from shared.picture import PictureLimits
from worker.imaging.colour import to_srgb
from worker.imaging.decode import decode
from worker.imaging.types import Rgb

LEAST_PHOTOS = 12
"""With fewer the ranges of the activations are a matter of luck, and so is the comparison."""
_HELD_BACK_EVERY = 4

Prepare = Callable[[Rgb], NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Photos:
    """What a folder holds, as batches of one for a network."""

    calibration: tuple[NDArray[Any], ...]
    held_back: tuple[NDArray[Any], ...]
    unreadable: tuple[str, ...]
    """Names of files that are no picture, or none that this installation takes."""

    @property
    def sha256(self) -> str:
        """Of what the network is calibrated with."""
        hashed = hashlib.sha256()
        for batch in self.calibration:
            hashed.update(repr((batch.shape, str(batch.dtype))).encode())
            hashed.update(batch.tobytes())
        return hashed.hexdigest()


def read_photos(
    folder: Path,
    most: int,
    prepare: Prepare,
    limits: PictureLimits,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Photos:
    """At most `most` photos of a folder and those below it, every fourth held back; `progress` hears of each.

    Which ones, and in which order, follows from their names, as if shuffled: neighbours in a folder are often alike.
    Raises InvalidSpec where fewer than `LEAST_PHOTOS` can be read.
    """
    files = sorted(_files(folder), key=lambda file: hashlib.sha256(file.name.encode()).digest())
    batches: list[NDArray[Any]] = []
    unreadable = []
    most = min(most, len(files))
    for file in files:
        if len(batches) == most:
            break
        rgb = _read(file, limits)
        if rgb is None:
            unreadable.append(file.name)
        else:
            batches.append(prepare(rgb))
        progress(len(batches), most)
    if len(batches) < LEAST_PHOTOS:
        raise InvalidSpec(_too_few(folder, len(files), len(batches)))
    return Photos(
        calibration=tuple(batch for place, batch in enumerate(batches, 1) if place % _HELD_BACK_EVERY),
        held_back=tuple(batches[_HELD_BACK_EVERY - 1 :: _HELD_BACK_EVERY]),
        unreadable=tuple(unreadable),
    )


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            yield path


def _read(file: Path, limits: PictureLimits) -> Rgb | None:
    try:
        photo = decode(file.read_bytes(), limits)
    except (AppError, OSError):
        return None
    return np.asarray(to_srgb(photo.rgb, photo.icc_profile))


def _too_few(folder: Path, files: int, read: int) -> str:
    if not files:
        return f"{folder} holds no files; at least {LEAST_PHOTOS} photos are needed, 60 or more are better"
    return (
        f"{read} of the {files} files in {folder} can be read as photos; at least {LEAST_PHOTOS} are needed"
    )
