"""Tables in the page."""

import pytest

from benchmarks.quality.__main__ import TABLES
from benchmarks.quality.publishing import PAGE, publish


def test_a_table_replaces_the_one_before(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- table: x -->\nold\n<!-- end: x -->\nb\n")

    publish("x", [{"k": 1, "v": r"\1"}], page)
    publish("x", [{"k": 2, "v": r"\1"}], page)

    assert (
        page.read_text()
        == "a\n<!-- table: x -->\n| k | v |\n| --- | --- |\n| 2 | \\1 |\n<!-- end: x -->\nb\n"
    )


def test_a_page_without_the_place_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing")

    with pytest.raises(ValueError, match="no place between '<!-- table: x"):
        publish("x", [{}], page)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_its_place(name):
    assert f"<!-- table: {name} -->" in PAGE.read_text()
