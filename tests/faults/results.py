"""What the suite measured, for docs/reliability.md."""

from benchmarks.publishing.report import Row, kept_rows, report
from tests.faults.load import Verdict

NAME = "faults"
LOSSES = ("lost", "duplicated", "stuck", "wrong")
RECOVERY = "recovery, seconds"


class Results:
    """Verdicts by fault; of several trials of a fault the sums, and the longest recovery."""

    def __init__(self, is_full: bool) -> None:
        self._is_full = is_full
        self._rows: dict[str, Row] = {}

    def add(self, fault: str, verdict: Verdict) -> None:
        new = _row(fault, verdict)
        known = self._rows.get(fault)
        self._rows[fault] = _both(known, new) if known else new

    def write(self) -> None:
        """Replace what an earlier run measured; what this run did not measure stays."""
        rows = {str(row["fault"]): row for row in kept_rows(NAME)} | self._rows
        form = "full" if self._is_full else "short"
        report(NAME, f"Faults, in their {form} form", [rows[fault] for fault in sorted(rows)])


def _row(fault: str, verdict: Verdict) -> Row:
    found = {**vars(verdict), "wrong": len(verdict.wrong)}
    losses = {name: found[name] for name in LOSSES}
    return {
        "fault": fault,
        "trials": 1,
        "jobs in flight": verdict.in_flight,
        **losses,
        RECOVERY: verdict.recovery_seconds,
    }


def _both(known: Row, new: Row) -> Row:
    sums = {name: known[name] + new[name] for name in ("trials", *LOSSES)}
    return {
        **known,
        **sums,
        "jobs in flight": min(known["jobs in flight"], new["jobs in flight"]),
        RECOVERY: max(known[RECOVERY], new[RECOVERY]),
    }
