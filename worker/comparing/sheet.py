"""Pictures to look at: all cut-outs on one sheet, and where the mattes differ."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from worker.imaging.types import Alpha, Rgb

_TILE_PX = 480
_LABEL_PX = 40
_GAP_PX = 12
_SQUARE_PX = 12
_INK, _PAPER, _LIGHT, _DARK = (30, 30, 34), (244, 244, 246), 255, 214
_MAP_SIDE_PX = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A picture of the sheet."""

    label: str
    rgb: Rgb
    alpha: Alpha | None = None
    """None where all of it is to be seen."""


def contact_sheet(tiles: Sequence[Tile]) -> Rgb:
    """All pictures side by side and below each other, on a chequered ground, each under its label."""
    columns = math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    pictures, font = [_on_squares(tile) for tile in tiles], ImageFont.load_default(20)
    height, width = (max(picture.shape[axis] for picture in pictures) for axis in (0, 1))
    # A label may be wider than a portrait; it must not run into the next.
    width = max(width, *(math.ceil(font.getlength(tile.label)) for tile in tiles))
    across, down = width + _GAP_PX, height + _LABEL_PX + _GAP_PX
    sheet = Image.new("RGB", (columns * across + _GAP_PX, rows * down + _GAP_PX), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for place, (tile, picture) in enumerate(zip(tiles, pictures, strict=True)):
        x, y = place % columns * across + _GAP_PX, place // columns * down + _GAP_PX
        draw.text((x, y + _LABEL_PX / 2), tile.label, fill=_INK, font=font, anchor="lm")
        sheet.paste(Image.fromarray(picture), (x, y + _LABEL_PX))
    return np.asarray(sheet)


def heat_map(rgb: Rgb, spread: Alpha) -> Rgb:
    """The photo in faint grey, with colours from blue to red where the mattes lie apart; 2048 px at most."""
    height, width = spread.shape
    scale = min(1.0, _MAP_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Area averaging, so that a thin seam between two mattes is faint but not lost.
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    apart = cv2.resize(spread, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    heat = cv2.cvtColor(cv2.applyColorMap(apart, cv2.COLORMAP_TURBO), cv2.COLOR_BGR2RGB)
    weight = (apart.astype(np.float32) / 255)[..., None] ** 0.5  # small differences are to be seen too
    return np.asarray(np.rint(grey * 0.4 * (1 - weight) + heat * weight), np.uint8)


def _on_squares(tile: Tile) -> Rgb:
    height, width = tile.rgb.shape[:2]
    scale = _TILE_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    rgb = cv2.resize(tile.rgb, size, interpolation=interpolation)
    if tile.alpha is None:
        return np.asarray(rgb)
    alpha = cv2.resize(tile.alpha, size, interpolation=interpolation)[..., None].astype(np.float32) / 255
    y, x = np.mgrid[: size[1], : size[0]] // _SQUARE_PX
    squares = np.where((x + y) % 2, _LIGHT, _DARK)[..., None]
    return np.asarray(np.rint(rgb * alpha + squares * (1 - alpha)), np.uint8)
