"""The subject on a canvas of a given size or shape."""

import math

from shared.spec.effects import CanvasSpec
from shared.spec.effects.canvas import ratio
from worker.imaging.crop import Box, subject_box
from worker.imaging.framing import Sides, free_sides, place
from worker.imaging.types import Cutout, Scene


def apply(cutout: Cutout, spec: CanvasSpec, scene: Scene) -> Cutout:
    """Place the subject, or the whole picture where there is none; without a size nothing is resampled."""
    height, width = cutout.alpha.shape
    box = subject_box(cutout.alpha) or (0, 0, width, height)
    free = free_sides(spec.position, spec.margin / 100)
    if spec.size is None:
        return place(cutout, box, 1.0, _smallest(box, spec.aspect, free), spec.position)
    scale = min(free.width * spec.size[0] / box[2], free.height * spec.size[1] / box[3])
    return place(cutout, box, scale, spec.size, spec.position)


def _smallest(box: Box, aspect: str | None, free: Sides) -> tuple[int, int]:
    """Width and height of the smallest canvas of this shape that holds the subject and its margins."""
    width, height = box[2] / free.width, box[3] / free.height
    if aspect is None:
        return math.ceil(width), math.ceil(height)
    longest = max(width, height * ratio(aspect))
    return math.ceil(longest), math.ceil(longest / ratio(aspect))
