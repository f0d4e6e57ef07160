"""Placing a part of a picture on a canvas of another size."""

from typing import NamedTuple

from shared.spec.position import Position
from worker.imaging.composite import check_canvas, grow
from worker.imaging.crop import Box
from worker.imaging.resize import resize
from worker.imaging.types import Cutout


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


def place(cutout: Cutout, box: Box, scale: float, size: tuple[int, int], position: Position) -> Cutout:
    """Cut the picture to `box`, scale it, and put it on an empty canvas of `size` (width, height).

    Centred, or touching the edges that `position` names. Raises TooManyMegapixels.
    """
    x, y, width, height = box
    canvas_height, canvas_width = cutout.alpha.shape
    check_canvas(*size)
    part = grow(cutout, -x, -y, x + width - canvas_width, y + height - canvas_height)
    # At most the canvas: half a pixel of rounding must not cut anything off.
    scaled = (min(size[0], max(1, round(width * scale))), min(size[1], max(1, round(height * scale))))
    part = resize(part, *(scaled if scale != 1 else (width, height)))
    height, width = part.alpha.shape
    left = _before(size[0] - width, starts=_names(position, "left"), ends=_names(position, "right"))
    top = _before(size[1] - height, starts=_names(position, "top"), ends=_names(position, "bottom"))
    return grow(part, left, top, size[0] - width - left, size[1] - height - top)


def _before(free_px: int, *, starts: bool, ends: bool) -> int:
    """What is left free before the picture along one side."""
    if starts:
        return 0
    return free_px if ends else free_px // 2


def _names(position: Position, *edges: str) -> bool:
    return any(edge in position.split("_") for edge in edges)
