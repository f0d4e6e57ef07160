"""The report of a batch: a CSV with a row for each picture, beside the results."""

import csv
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from api.client.client import Json

NAME = "report.csv"


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one picture."""

    custom_id: str
    status: str
    job_id: str = ""
    files: str = ""
    """Of the results, relative to the report, with `;` between."""
    coverage: str = ""
    confidence: str = ""
    flags: str = ""
    error: str = ""
    detail: str = ""

    @classmethod
    def of(cls, item: Json, files: Iterable[str] = ()) -> "Row":
        """From a batch's item."""
        quality, error = item["quality"] or {}, item["error"] or {}
        return cls(
            custom_id=item["custom_id"] or "",
            status=item["status"],
            job_id=item["job_id"] or "",
            files=";".join(files),
            coverage=str(quality.get("coverage", "")),
            confidence=str(quality.get("confidence", "")),
            flags=";".join(quality.get("flags", ())),
            error=error.get("code", ""),
            detail=error.get("detail", ""),
        )

    def is_done(self, folder: Path) -> bool:
        """Whether its results are all there."""
        named = [name for name in self.files.split(";") if name]
        return self.status == "succeeded" and bool(named) and all((folder / name).exists() for name in named)


_COLUMNS = [column.name for column in fields(Row)]


def read_report(folder: Path) -> dict[str, Row]:
    """The rows of an earlier run by their custom_id; none where there is no report."""
    path = folder / NAME
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = [Row(**{name: row.get(name) or "" for name in _COLUMNS}) for row in csv.DictReader(file)]
    return {row.custom_id: row for row in rows}


def write_report(folder: Path, rows: Iterable[Row]) -> Path:
    """Replace the report; whole, or not at all."""
    path, draft = folder / NAME, folder / f".{NAME}.draft"
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    os.replace(draft, path)
    return path
