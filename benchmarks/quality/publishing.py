"""Puts tables into docs/quality.md, between the marks that name them."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.publishing.page import filled, markdown
from benchmarks.publishing.report import Row

PAGE = Path(__file__).parents[2] / "docs" / "quality.md"


def publish(name: str, rows: Sequence[Row], page: Path = PAGE) -> None:
    """Replace the table `name`. ValueError when the page has no place for it."""
    begin, end = f"<!-- table: {name} -->\n", f"<!-- end: {name} -->"
    page.write_text(filled(page.read_text(), begin, f"{markdown(rows)}\n", end))
