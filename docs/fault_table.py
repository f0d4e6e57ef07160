"""Writes the tables of docs/reliability.md from what was measured: `python -m docs.fault_table`."""

import json
from pathlib import Path

from benchmarks.publishing.page import filled

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
RESULTS = ROOT / "benchmarks" / "results" / "faults.json"
SOAK = ROOT / "benchmarks" / "results" / "soak.json"

BEGIN = "<!-- Between these two lines `python -m docs.fault_table` writes. -->\n"
END = "<!-- end -->\n"
BEGIN_SOAK = "<!-- Between these two lines stands what `python -m benchmarks.soak` measured. -->\n"

HEAD = """\
| Fault | Trials | Jobs in flight | Lost | Duplicated | Stuck | Wrong | Recovery, seconds |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The page with the tables that the results give."""
    faults, soak = json.loads(RESULTS.read_text()), json.loads(SOAK.read_text())
    with_faults = filled(PAGE.read_text(), BEGIN, table(faults), END)
    return filled(with_faults, BEGIN_SOAK, soak_table(soak["at_rest"]), END)


def table(results: dict) -> str:  # type: ignore[type-arg]
    """One row for each fault."""
    rows = (
        f"| {fault} | {row['trials']} | {row['in_flight']} | {row['lost']} | {row['duplicated']} | {row['stuck']} |"
        f" {row['wrong']} | {row['recovery_seconds']} |\n"
        for fault, row in results["faults"].items()
    )
    return HEAD + "".join(rows)


def soak_table(at_rest: dict) -> str:  # type: ignore[type-arg]
    """One row for each process, and one for all."""
    rows = (
        f"| {name} | {row['first_mb']} | {row['mean_of_second_half_mb']} | {row['slope_percent']:+.2f} % |\n"
        for name, row in at_rest.items()
    )
    head = "| Process, at rest | MB after 100 jobs | MB in the second half | Slope over the second half |\n"
    return head + "| --- | --- | --- | --- |\n" + "".join(rows)


def main() -> None:
    """Write it."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
