"""The tables of docs/reliability.md hold no loss."""

import json

import pytest

from benchmarks.publishing.report import RESULTS, kept_rows
from benchmarks.soak import PROCESSES, SLOPE
from tests.faults.results import LOSSES, NAME, RECOVERY


@pytest.mark.parametrize("row", kept_rows(NAME), ids=lambda row: row["fault"])
def test_nothing_was_lost_doubled_stuck_or_wrong_with_fifty_jobs_in_flight(row):
    assert [row[name] for name in LOSSES] == [0, 0, 0, 0]
    assert row["jobs in flight"] >= 50


def test_a_killed_worker_costs_less_than_half_a_minute():
    seconds = [row[RECOVERY] for row in kept_rows(NAME) if row["fault"].startswith("worker killed")]
    assert seconds
    assert max(seconds) < 30


def test_a_soak_of_two_thousand_jobs_left_the_memory_of_each_process_as_it_was():
    soak = json.loads((RESULTS / "soak.json").read_text())
    assert soak["jobs"] == sum(soak["statuses"].values()) >= 2000
    slopes = {row["process, at rest"]: row[SLOPE] for row in soak["rows"]}
    assert set(slopes) == {*PROCESSES, "together"}
    assert max(slopes.values()) < soak["goal_percent"] == 1, slopes
