"""The table of docs/reliability.md is the suite's own, and holds no loss."""

import json

from benchmarks.soak import PROCESSES
from docs.fault_table import PAGE, RESULTS, SOAK, page


def test_the_page_shows_what_was_measured():
    assert PAGE.read_text() == page(), "run: python -m docs.fault_table"


def test_nothing_was_lost_doubled_stuck_or_wrong_with_fifty_jobs_in_flight():
    for fault, row in json.loads(RESULTS.read_text())["faults"].items():
        assert [row[name] for name in ("lost", "duplicated", "stuck", "wrong")] == [0, 0, 0, 0], fault
        assert row["in_flight"] >= 50, fault


def test_a_killed_worker_costs_less_than_half_a_minute():
    for fault, row in json.loads(RESULTS.read_text())["faults"].items():
        if fault.startswith("worker killed"):
            assert row["recovery_seconds"] < 30, fault


def test_a_soak_of_two_thousand_jobs_left_the_memory_of_each_process_as_it_was():
    """Of each but Redis, whose bound is the next test's; why, docs/reliability.md says."""
    soak = json.loads(SOAK.read_text())
    assert soak["jobs"] == sum(soak["statuses"].values()) >= 2000
    assert set(soak["at_rest"]) == {*PROCESSES, "together"}
    for name, row in soak["at_rest"].items():
        assert name == "redis" or row["slope_percent"] < soak["goal_percent"] == 1, name


def test_redis_rose_by_half_a_kilobyte_a_job_at_most():
    soak = json.loads(SOAK.read_text())
    row = soak["at_rest"]["redis"]
    rise_bytes = row["mean_of_second_half_mb"] * 1e6 * row["slope_percent"] / 100
    assert rise_bytes / (soak["jobs"] / 2) < 500
