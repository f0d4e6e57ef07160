"""Seconds and memory of all that a job does but inference, by megapixels; each size in a process of its own.

python -m benchmarks.growth.pixels < PHOTO      its seconds, and its memory beyond what a tiny one takes, as JSON
"""

import json
import math
import subprocess
import sys
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.publishing.report import Row
from benchmarks.service.memory import own_peak_bytes, own_resident_bytes
from benchmarks.service.photos import jpeg
from benchmarks.stages import Clock, one_job
from shared.catalog import CARDS
from worker.segmentation.loading import family_of
from worker.segmentation.segmenter import Segmenter

_ROUNDS = 3
_SIDE_PX = 1024


class Ellipse:
    """A network that sees the same subject in everything."""

    def __init__(self) -> None:
        y, x = np.mgrid[:_SIDE_PX, :_SIDE_PX].astype(np.float32) / _SIDE_PX - 0.5
        self._matte = np.clip((0.4 - np.hypot(x * 1.3, y)) * 40 + 0.5, 0, 1)[None, None]

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._matte


def by_megapixels(megapixels: float) -> Row:
    """A row for a photo of this size, its matte soft along an ellipse."""
    height = math.floor(math.sqrt(megapixels * 1e6 * 4 / 3))
    width = height * 3 // 4
    command = [sys.executable, "-m", "benchmarks.growth.pixels"]
    found = subprocess.run(command, check=True, capture_output=True, input=jpeg(width, height))
    seconds, peak_bytes = json.loads(found.stdout)
    pixels = width * height
    return {
        "megapixels": megapixels,
        "seconds": seconds,
        "ms per MP": seconds * 1e9 / pixels,
        "peak bytes per px": peak_bytes / pixels,
    }


def _one(photo: bytes) -> None:
    """Print the seconds that a photo takes, and the memory beyond what a tiny one does."""
    card, clock = CARDS["imgly-medium"], Clock()
    segmenter = Segmenter(card, family_of(card), Ellipse())
    one_job(jpeg(64, 64), segmenter, Clock())  # whatever is made once
    before = own_resident_bytes()
    for _ in range(_ROUNDS):
        one_job(photo, segmenter, clock)
    print(json.dumps([sum(median(part) for part in clock.parts.values()), own_peak_bytes() - before]))


if __name__ == "__main__":
    _one(sys.stdin.buffer.read())
