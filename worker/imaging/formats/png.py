"""PNG: lossless, read by everything."""

import numpy as np

from shared.spec.output import OutputSpec
from worker.imaging.picture import Picture
from worker.imaging.writing import Tags, png

CONTENT_TYPE = "image/png"
EXTENSION = "png"
MAX_SIDE_PX = 2**31 - 1


def write(picture: Picture, tags: Tags, spec: OutputSpec) -> memoryview:
    """All pixels as they are; 16 bits a channel hold each level times 257, so that white stays white."""
    return png(picture if spec.bit_depth == 8 else _deep(picture), tags)


def _deep(picture: Picture) -> Picture:
    return Picture(picture.shape, lambda rows: picture.band(rows).astype(np.uint16) * np.uint16(257))
