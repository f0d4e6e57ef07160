"""Fills the tables of docs/performance.md from `benchmarks/results/`, and draws its pictures.

python -m benchmarks.performance_page
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

from benchmarks.publishing.drawing import draw
from benchmarks.publishing.page import markdown
from benchmarks.publishing.report import RESULTS, Row

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_TABLE = re.compile(r"(<!-- table: ([\w-]+)(?: columns: (.+?))? -->\n).*?(<!-- end -->)", re.DOTALL)
_SIZE = "1200x1600"
_LEAST = 1e-5
"""Below, a figure says nothing."""


def main() -> None:
    """Write them."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    PAGE.write_text(filled(PAGE.read_text()))
    _draw_throughput()
    _draw_scaling()


def _draw_throughput() -> None:
    rows = [row for row in _results("throughput") if row["size"] == _SIZE]
    lines = {
        name: [(row["callers"], row[f"{name} images/s"]) for row in rows]
        for name in ("bare network", "same work", "cutroom", "rembg")
    }
    top = 1.1 * max(rate for line in lines.values() for _, rate in line)
    draw(
        RESULTS / "throughput.svg", f"Images a second at {_SIZE}", ("callers at once", "images/s"), lines, top
    )


def _draw_scaling() -> None:
    rows = _results("scaling")
    line = [(row["workers"], row["of linear"]) for row in rows]
    draw(
        RESULTS / "scaling.svg", "Jobs a second, of linear", ("workers", "of linear"), {"measured": line}, 1.1
    )


def filled(page: str) -> str:
    """The page with every table that has a place there."""
    return _TABLE.sub(lambda found: f"{found[1]}{markdown(_rows(found[2], found[3]))}\n{found[4]}", page)


def _rows(name: str, columns: str | None) -> list[Row]:
    """The rows of a result, as text; only these columns, if any are named, with commas between."""
    rows = _results(name)
    chosen = columns.split(", ") if columns else list(rows[0])
    return [{column: _text(row[column]) for column in chosen} for row in rows]


def _results(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((RESULTS / f"{name}.json").read_text())["rows"]
    return found


def _text(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:#.3g}".rstrip(".") if abs(value) >= _LEAST else "0"


if __name__ == "__main__":
    main()
