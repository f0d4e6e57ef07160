"""IS-Net trained on drawn figures (SkyTNT/anime-segmentation `inference.py`).

The photo is fitted into 1024×1024 with its aspect, bilinearly, between black bars, `x / 255`; what the sigmoid says
of the photo's part is resized back bilinearly. No stretching.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.imaging.types import Rgb
from worker.inference.recipe import Keys
from worker.segmentation import matte
from worker.segmentation.families.isnet import SIDES
from worker.segmentation.family import Family, Levels


def fit(rgb: Rgb, side: int) -> NDArray[np.float32]:
    """(side, side, 3), 0..255, with black bars."""
    rows, columns = between_bars(rgb.shape[1], rgb.shape[0], side)
    canvas = np.zeros((side, side, 3), np.float32)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    levels = np.asarray(rgb, np.float32)
    canvas[rows, columns] = cv2.resize(levels, size, interpolation=cv2.INTER_LINEAR)
    return canvas


def between_bars(width: int, height: int, side: int) -> tuple[slice, slice]:
    """Rows and columns of the photo; one pixel at least, however thin the photo."""
    longer = max(width, height)
    wide, tall = max(1, side * width // longer), max(1, side * height // longer)
    left, top = (side - wide) // 2, (side - tall) // 2
    return slice(top, top + tall), slice(left, left + wide)


FAMILY = Family(
    levels=Levels((0, 0, 0), (1, 1, 1)),
    reduce=fit,
    restore=matte.bilinear,
    part=between_bars,
    dtype="float32",
    keys=Keys(renamed=(("net.", ""),), ignored=("gt_encoder",), optional=SIDES.optional),
)
