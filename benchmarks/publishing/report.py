"""Prints a table and keeps it as JSON beside the others."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.publishing.machine import describe

RESULTS = Path(__file__).parents[1] / "results"

Row = Mapping[str, object]


def show(question: str, rows: Sequence[Row]) -> None:
    """Print the rows under their question."""
    table = Table(*rows[0], title=question)
    for row in rows:
        table.add_row(*(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row.values()))
    Console(width=140).print(table)


def kept_rows(name: str) -> list[Row]:
    """What `results/<name>.json` holds; none where nothing was measured yet."""
    path = RESULTS / f"{name}.json"
    rows: list[Row] = json.loads(path.read_text())["rows"] if path.exists() else []
    return rows


def report(name: str, question: str, rows: Sequence[Row]) -> None:
    """Show the rows under their question, and write `results/<name>.json`."""
    show(question, rows)
    RESULTS.mkdir(exist_ok=True)
    measured = {
        "question": question,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe(),
        "rows": [dict(row) for row in rows],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(measured, indent=1) + "\n")
    print(f"Kept in benchmarks/results/{name}.json; `python -m benchmarks.pages` puts it into docs/.")
