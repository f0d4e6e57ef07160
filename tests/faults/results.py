"""What the suite measured, for docs/reliability.md."""

import json
from pathlib import Path

from tests.faults.load import Verdict

PATH = Path(__file__).parents[2] / "benchmarks" / "results" / "faults.json"


class Results:
    """Verdicts by fault; of several trials of a fault the sums, and the longest recovery."""

    def __init__(self, is_full: bool) -> None:
        self._is_full = is_full
        self._rows: dict[str, dict] = {}

    def add(self, fault: str, verdict: Verdict) -> None:
        row = self._rows.setdefault(
            fault, {"trials": 0, "in_flight": verdict.in_flight, "lost": 0, "duplicated": 0, "stuck": 0,
                    "wrong": 0, "recovery_seconds": 0.0},
        )  # fmt: skip
        row["trials"] += 1
        row["in_flight"] = min(row["in_flight"], verdict.in_flight)
        row["lost"] += verdict.lost
        row["duplicated"] += verdict.duplicated
        row["stuck"] += verdict.stuck
        row["wrong"] += len(verdict.wrong)
        row["recovery_seconds"] = max(row["recovery_seconds"], verdict.recovery_seconds)

    def write(self) -> None:
        """Replace what an earlier run measured; what this run did not measure stays."""
        before = json.loads(PATH.read_text())["faults"] if PATH.exists() else {}
        faults = dict(sorted({**before, **self._rows}.items()))
        PATH.write_text(
            json.dumps({"form": "full" if self._is_full else "short", "faults": faults}, indent=1) + "\n"
        )
