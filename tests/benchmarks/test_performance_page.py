"""docs/performance.md says what was measured."""

import json

import pytest

from benchmarks import performance_page
from benchmarks.performance_page import PAGE, filled


def test_the_page_is_in_step_with_the_results():
    assert PAGE.read_text() == filled(PAGE.read_text()), "run: python -m benchmarks.performance_page"


@pytest.fixture
def results(tmp_path, monkeypatch):
    rows = [{"size": "a", "seconds": 0.01234, "rate": 1234.5, "peak": ""}]
    (tmp_path / "some.json").write_text(json.dumps({"rows": rows}))
    monkeypatch.setattr(performance_page, "RESULTS", tmp_path)


def test_a_table_stands_where_its_place_is(results):
    page = "before\n<!-- table: some -->\nold\n<!-- end -->\nafter\n"
    lines = filled(page).splitlines()
    assert lines[2:5] == [
        "| size | seconds | rate | peak |", "| --- | --- | --- | --- |", "| a | 0.0123 | 1234 |  |",
    ]  # fmt: skip
    assert (lines[0], lines[-1]) == ("before", "after")


def test_it_has_the_columns_that_are_asked_for(results):
    page = "<!-- table: some columns: rate, size -->\n<!-- end -->\n"
    assert filled(page).splitlines()[1] == "| rate | size |"
    assert filled(filled(page)) == filled(page)
