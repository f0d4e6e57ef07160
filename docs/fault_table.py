"""Writes the table of docs/reliability.md from what the fault suite measured: `python -m docs.fault_table`."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
RESULTS = ROOT / "benchmarks" / "results" / "faults.json"

BEGIN = "<!-- Between these two lines `python -m docs.fault_table` writes. -->\n"
END = "<!-- end -->\n"

HEAD = """\
| Fault | Trials | Jobs in flight | Lost | Duplicated | Stuck | Wrong | Recovery, seconds |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The page with the table that the results give."""
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}{table(json.loads(RESULTS.read_text()))}{END}{after}"


def table(results: dict) -> str:  # type: ignore[type-arg]
    """One row for each fault."""
    rows = (
        f"| {fault} | {row['trials']} | {row['in_flight']} | {row['lost']} | {row['duplicated']} | {row['stuck']} |"
        f" {row['wrong']} | {row['recovery_seconds']} |\n"
        for fault, row in results["faults"].items()
    )
    return HEAD + "".join(rows)


def main() -> None:
    """Write it."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
