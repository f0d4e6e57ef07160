"""A contact sheet to look at: photo, truth, matte, error map, worst first."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.quality.measures import Score, ignored, score
from benchmarks.quality.pairs import Pair
from worker.imaging.types import Alpha, Rgb

_CELL = (300, 240)
_ROWS = 5


def write_sheets(
    folder: Path, pairs: Sequence[Pair], matte_of: Callable[[Pair], Alpha], count: int = 10
) -> list[str]:
    """Sheets of five rows into `folder`; returns what they show, worst first, as text."""
    mattes = {pair.name: matte_of(pair) for pair in pairs}
    scores = {pair.name: score(mattes[pair.name], pair.truth(), pair.kind) for pair in pairs}
    worst = sorted(pairs, key=lambda pair: scores[pair.name].iou)[:count]
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(worst), _ROWS):
        rows = [_row(pair, mattes[pair.name], scores[pair.name]) for pair in worst[start : start + _ROWS]]
        cv2.imwrite(
            str(folder / f"worst_{start // _ROWS + 1}.png"), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
        )
    return [f"{pair.name}: IoU {scores[pair.name].iou:.3f}" for pair in worst]


def _row(pair: Pair, matte: Alpha, found: Score) -> Rgb:
    rgb, truth = pair.rgb(), pair.truth()
    cells = [_cell(picture) for picture in (rgb, _grey(truth), _grey(matte), _error(matte, truth, pair.kind))]
    text = f"{pair.name}  IoU {found.iou:.3f}  SAD {found.sad:.1f}  gradient {found.gradient:.1f}"
    strip = np.full((20, cells[0].shape[1] * len(cells), 3), 255, np.uint8)
    cv2.putText(strip, text, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([strip, np.hstack(cells)])


def _error(matte: Alpha, truth: Alpha, kind: str) -> Rgb:
    """Red: too much; blue: too little; grey: not counted."""
    more, less = cv2.subtract(matte, truth), cv2.subtract(truth, matte)
    error = cv2.merge([255 - less, 255 - cv2.max(more, less), 255 - more])
    error[ignored(truth, kind)] = 200
    return error


def _grey(alpha: Alpha) -> Rgb:
    return cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)


def _cell(picture: Rgb) -> Rgb:
    scale = min(_CELL[0] / picture.shape[1], _CELL[1] / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    cell = np.full((_CELL[1], _CELL[0], 3), 230, np.uint8)
    y, x = (_CELL[1] - size[1]) // 2, (_CELL[0] - size[0]) // 2
    cell[y : y + size[1], x : x + size[0]] = small
    return cell
