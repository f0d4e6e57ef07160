"""Photos with ground truth, as a `manifest.csv` lists them."""

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from worker.imaging.types import Alpha, Rgb

PSEUDO = "alpha_ref"
"""Another model's output: good for catching breakage, never for a headline."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One photo and its true matte."""

    name: str
    kind: str
    image: Path
    mask: Path

    def rgb(self) -> Rgb:
        """(H, W, 3) uint8."""
        return np.asarray(cv2.imread(str(self.image), cv2.IMREAD_COLOR_RGB))

    def truth(self) -> Alpha:
        """(H, W) uint8."""
        return np.asarray(cv2.imread(str(self.mask), cv2.IMREAD_GRAYSCALE))


def read_pairs(folder: Path) -> list[Pair]:
    """The pairs of a folder, in the manifest's order; none when it has no manifest."""
    manifest = folder / "manifest.csv"
    if not manifest.exists():
        return []
    with manifest.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [Pair(row["name"], row["gt_kind"], folder / row["image"], folder / row["mask"]) for row in rows]
