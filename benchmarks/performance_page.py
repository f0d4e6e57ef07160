"""Fills the tables of docs/performance.md from `benchmarks/results/`: python -m benchmarks.performance_page"""

import json
import re
from pathlib import Path

from benchmarks.quality.publishing import markdown
from benchmarks.report import RESULTS, Row

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_TABLE = re.compile(r"(<!-- table: (\w+)(?: columns: (.+?))? -->\n).*?(<!-- end -->)", re.DOTALL)
_LEAST = 1e-5
"""Below, a figure says nothing."""


def main() -> None:
    """Write it."""
    PAGE.write_text(filled(PAGE.read_text()))


def filled(page: str) -> str:
    """The page with every table that has a place there."""
    return _TABLE.sub(lambda found: f"{found[1]}{markdown(_rows(found[2], found[3]))}\n{found[4]}", page)


def _rows(name: str, columns: str | None) -> list[Row]:
    """The rows of a result, as text; only these columns, if any are named, with commas between."""
    rows: list[dict[str, object]] = json.loads((RESULTS / f"{name}.json").read_text())["rows"]
    chosen = columns.split(", ") if columns else list(rows[0])
    return [{column: _text(row[column]) for column in chosen} for row in rows]


def _text(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:#.3g}".rstrip(".") if abs(value) >= _LEAST else "0"


if __name__ == "__main__":
    main()
