"""What was measured is found again."""

import pytest

from benchmarks.publishing import report as room
from benchmarks.publishing.report import kept_rows, report


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "RESULTS", tmp_path / "results")


def test_rows_are_kept_as_they_are():
    rows = [{"size": "1x1", "callers": 4, "images/s": 0.5}, {"size": "2x2", "callers": 4, "images/s": 0.25}]
    report("some", "How many?", rows)
    assert kept_rows("some") == rows


def test_before_the_first_time_there_are_none():
    assert kept_rows("some") == []
