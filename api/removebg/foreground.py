"""Where the subject is: read off the matte, since the record does not say it."""

from contextlib import closing
from dataclasses import dataclass
from threading import Lock

from PIL import Image

from api.removebg.mapping import MATTE
from shared.jobs.job import Job
from shared.storage.port import ObjectStore

_FAINTEST_VISIBLE = 4
"""As for the worker's crop: what is fainter is a network's haze."""
_ONE_AT_A_TIME = Lock()
"""A matte of 50 megapixels takes 50 MB of memory while it is looked at."""


@dataclass(frozen=True, slots=True)
class Foreground:
    """A box in px of the picture; empty where nothing is."""

    top: int
    left: int
    width: int
    height: int


def foreground_of(job: Job, objects: ObjectStore) -> Foreground:
    """The smallest box that holds the subject. Raises NotFound, StorageUnavailable."""
    key = next(file.key for file in job.outputs if file.name == MATTE)
    with closing(objects.open(key)) as body, _ONE_AT_A_TIME, Image.open(body, formats=("PNG",)) as matte:
        box = matte.point([0] * _FAINTEST_VISIBLE + [255] * (256 - _FAINTEST_VISIBLE)).getbbox()
    left, top, right, bottom = box or (0, 0, 0, 0)
    return Foreground(top, left, right - left, bottom - top)
