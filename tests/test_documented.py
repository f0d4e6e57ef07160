"""What the reference pages say is what the code says."""

import re
from importlib.util import find_spec

import pytest

from docs.generate import ROOT, errors, pages
from shared import errors as errors_module
from shared.settings import PREFIX, Settings

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
VARIABLES = [PREFIX + name.upper() for name in Settings.model_fields]


@pytest.mark.parametrize("path", pages())
def test_a_page_is_what_the_code_gives(path):
    assert (ROOT / path).read_text() == pages()[path], "run: python -m docs.generate"


def test_env_example_has_each_setting_once_and_no_other():
    listed = re.findall(rf"^#?({PREFIX}\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert listed == VARIABLES


def test_env_example_as_it_stands_changes_nothing(monkeypatch):
    plain = Settings()
    for line in (ROOT / ".env.example").read_text().splitlines():
        name, mark, value = line.removeprefix("#").partition("=")
        if mark and name in VARIABLES:
            monkeypatch.setenv(name, value)
    assert Settings() == plain


def test_every_setting_and_error_says_what_it_is():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
    assert [error.__name__ for error in errors() if not error.__doc__] == []


def test_the_tree_drawn_in_the_errors_module_is_the_tree():
    drawn = re.findall(r"── (\w+) +(\d{3}) (\w+)$", errors_module.__doc__ or "", re.MULTILINE)
    assert drawn == [(error.__name__, str(error.http_status), error.code) for error in errors()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_commands_that_a_page_names_exist(page):
    text = page.read_text()
    files = re.findall(r"`((?:api|benchmarks|deploy|docs|shared|tests|worker)/[\w/.-]+)`", text)
    assert [file for file in files if not (ROOT / file).exists()] == []
    modules = re.findall(r"python -m ((?:benchmarks|docs|tests)[\w.]*\w)", text)
    assert [module for module in modules if find_spec(module) is None] == []
