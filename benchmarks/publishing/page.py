"""Measured tables in the pages of docs/: each has a place with a mark that names its result.

`<!-- table: NAME -->`, or with `columns: A, B` in the mark where not all are shown, down to the next `<!-- end -->`.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.publishing.report import RESULTS, Row

PAGES = Path(__file__).parents[2] / "docs"

_PLACE = re.compile(r"(<!-- table: ([\w.-]+)(?: columns: (.+?))? -->\n)(?:\|.*\n)*(<!-- end -->)")
_MARK = re.compile(r"<!-- table: ")
_LEAST = 1e-5
"""Below, a figure says nothing."""


def pages() -> dict[Path, str]:
    """The text of every page that shows something measured, with the results as they are kept now."""
    texts = {path: path.read_text() for path in sorted(PAGES.glob("*.md"))}
    return {path: filled(text) for path, text in texts.items() if _MARK.search(text)}


def filled(page: str, results: Path = RESULTS) -> str:
    """A page with a table in each of its places. ValueError where a place is open, or was never measured."""
    if len(_MARK.findall(page)) != len(_PLACE.findall(page)):
        raise ValueError("a place for a table holds something else, or has no end")
    return _PLACE.sub(
        lambda found: f"{found[1]}{_markdown(_rows(found[2], found[3], results))}{found[4]}", page
    )


def _rows(name: str, columns: str | None, results: Path) -> list[Row]:
    """The rows of a result; only these columns, if any are named, with commas between."""
    path = results / f"{name}.json"
    if not path.exists():
        raise ValueError(f"nothing was measured for the table {name!r}")
    rows: list[Row] = json.loads(path.read_text())["rows"]
    chosen = columns.split(", ") if columns else list(rows[0])
    return [{column: row[column] for column in chosen} for row in rows]


def _markdown(rows: Sequence[Row]) -> str:
    lines = [" | ".join(rows[0]), " | ".join("---" for _ in rows[0])]
    lines += [" | ".join(_text(cell) for cell in row.values()) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def _text(value: object) -> str:
    """Three digits of a measured number; all else as it is."""
    if not isinstance(value, float):
        return str(value)
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:#.3g}".rstrip(".") if abs(value) >= _LEAST else "0"
