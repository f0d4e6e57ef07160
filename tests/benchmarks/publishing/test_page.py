"""Pages show what was measured."""

import json

import pytest

from benchmarks.publishing.page import PAGES, filled, pages
from benchmarks.quality.__main__ import TABLES


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_a_page_is_in_step_with_the_results(path):
    assert path.read_text() == pages()[path], "run: python -m benchmarks.pages"


@pytest.mark.parametrize("name", TABLES)
def test_every_table_of_quality_has_its_place(name):
    assert f"<!-- table: quality_{name} -->" in (PAGES / "quality.md").read_text()


@pytest.fixture
def results(tmp_path):
    rows = [{"size": r"\1", "seconds": 0.01234, "rate": 1234.5, "peak": "", "count": 0.0}]
    (tmp_path / "some.json").write_text(json.dumps({"rows": rows}))
    return tmp_path


def test_a_table_stands_where_its_place_is(results):
    page = "before\n<!-- table: some -->\n| old |\n<!-- end -->\nafter\n"
    assert filled(page, results).splitlines() == [
        "before",
        "<!-- table: some -->",
        "| size | seconds | rate | peak | count |",
        "| --- | --- | --- | --- | --- |",
        r"| \1 | 0.0123 | 1234 |  | 0 |",
        "<!-- end -->",
        "after",
    ]
    assert filled(filled(page, results), results) == filled(page, results)


def test_it_has_the_columns_that_are_asked_for(results):
    page = "<!-- table: some columns: rate, size -->\n<!-- end -->\n"
    assert filled(page, results).splitlines()[1] == "| rate | size |"


@pytest.mark.parametrize("inside", ["", "prose\n<!-- end -->\n", "<!-- table: some -->\n<!-- end -->\n"])
def test_a_place_that_holds_no_table_is_refused(inside, results):
    with pytest.raises(ValueError, match="place"):
        filled(f"<!-- table: some -->\n{inside}", results)


def test_a_table_of_what_was_never_measured_is_refused(results):
    with pytest.raises(ValueError, match="'other'"):
        filled("<!-- table: other -->\n<!-- end -->\n", results)
