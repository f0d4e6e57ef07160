"""Puts tables into docs/quality.md, between the marks that name them."""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.publishing.report import Row

PAGE = Path(__file__).parents[2] / "docs" / "quality.md"


def markdown(rows: Sequence[Row]) -> str:
    """A table."""
    lines = ["| " + " | ".join(rows[0]) + " |", "| " + " | ".join("---" for _ in rows[0]) + " |"]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row.values()) + " |" for row in rows])


def publish(name: str, rows: Sequence[Row], page: Path = PAGE) -> None:
    """Replace the table `name`. ValueError when the page has no place for it."""
    begin, end = f"<!-- table: {name} -->", f"<!-- end: {name} -->"
    text = page.read_text()
    if begin not in text or end not in text:
        raise ValueError(f"{page.name} has no place for the table {name!r}")
    place = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    page.write_text(place.sub(lambda _: f"{begin}\n{markdown(rows)}\n{end}", text))
