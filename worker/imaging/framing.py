"""The size of a result: a subject placed on a canvas, what effects add beyond it cut off, too large ones reduced."""

import math
from typing import NamedTuple

from shared.spec.output import OutputSpec
from shared.spec.position import Position
from worker.imaging.composite import check_canvas, grow
from worker.imaging.crop import Box, crop, crop_by_sides, subject_box
from worker.imaging.resize import resize
from worker.imaging.types import Cutout

Place = Position | tuple[float, float]
"""Named, or in percent of the free space to the left and above."""


def frame(cutout: Cutout, spec: OutputSpec) -> Cutout:
    """Crop and place the subject as asked, before the effects: a background fills what this leaves free."""
    if spec.crop:
        each = spec.crop_margins
        cutout = crop_by_sides(cutout, each) if each else crop(cutout, spec.crop_margin)
    height, width = cutout.alpha.shape
    size = spec.canvas or (width, height)
    whole = (0, 0, width, height)
    fitted = min(size[0] / width, size[1] / height)
    if spec.scale is None and spec.position == "original":
        return cutout if size == (width, height) else place(cutout, whole, fitted, size, "center")
    box = subject_box(cutout.alpha) or whole
    scale = fitted
    if spec.scale is not None:
        scale = min(size[0] / box[2], size[1] / box[3]) * spec.scale / 100
    return place(cutout, box, scale, size, "center" if spec.position == "original" else spec.position)


def finish(cutout: Cutout, framed: Cutout, spec: OutputSpec) -> Cutout:
    """Bring the picture, after the effects, to the size that was asked for; `framed` is what they began with."""
    if spec.canvas is not None:
        cutout = _cut_back(cutout, framed)
    height, width = cutout.alpha.shape
    allowed = (spec.max_megapixels or math.inf) * 1_000_000
    if width * height <= allowed:
        return cutout
    scale = math.sqrt(allowed / (width * height))
    return resize(cutout, max(1, math.floor(width * scale)), max(1, math.floor(height * scale)))


def _cut_back(cutout: Cutout, framed: Cutout) -> Cutout:
    """Take away what has grown beyond the canvas; a picture that an effect has resized is fitted in as a whole."""
    height, width = cutout.alpha.shape
    size = (framed.alpha.shape[1], framed.alpha.shape[0])
    if cutout.frame[2:] != framed.frame[2:]:
        fitted = min(size[0] / width, size[1] / height)
        return place(cutout, (0, 0, width, height), fitted, size, "center")
    left, top = framed.frame[0] - cutout.frame[0], framed.frame[1] - cutout.frame[1]
    return grow(cutout, left, top, size[0] - width - left, size[1] - height - top)


class Sides(NamedTuple):
    """Shares of a canvas's width and height."""

    width: float
    height: float


def free_sides(position: Position, margin: float) -> Sides:
    """What the margins leave: the edges that `position` names have none. `margin` is a share of each side."""
    return Sides(
        1 - margin * (1 if _names(position, "left", "right") else 2),
        1 - margin * (1 if _names(position, "top", "bottom") else 2),
    )


def place(cutout: Cutout, box: Box, scale: float, size: tuple[int, int], position: Place) -> Cutout:
    """Cut the picture to `box`, scale it, and put it on an empty canvas of `size` (width, height).

    Centred, touching the edges that `position` names, or with so many percent of the free space to its left and
    above it. Raises TooManyMegapixels.
    """
    x, y, width, height = box
    canvas_height, canvas_width = cutout.alpha.shape
    check_canvas(*size)
    part = grow(cutout, -x, -y, x + width - canvas_width, y + height - canvas_height)
    # At most the canvas: half a pixel of rounding must not cut anything off.
    scaled = (min(size[0], max(1, round(width * scale))), min(size[1], max(1, round(height * scale))))
    part = resize(part, *(scaled if scale != 1 else (width, height)))
    height, width = part.alpha.shape
    before = _before(position)
    left, top = int((size[0] - width) * before.width), int((size[1] - height) * before.height)
    return grow(part, left, top, size[0] - width - left, size[1] - height - top)


def _before(position: Place) -> Sides:
    """Which shares of the free space are to the left of the subject, and above it."""
    if not isinstance(position, str):
        return Sides(position[0] / 100, position[1] / 100)
    return Sides(_share(position, "left", "right"), _share(position, "top", "bottom"))


def _share(position: Position, first: str, last: str) -> float:
    if _names(position, first):
        return 0.0
    return 1.0 if _names(position, last) else 0.5


def _names(position: Position, *edges: str) -> bool:
    return any(edge in position.split("_") for edge in edges)
