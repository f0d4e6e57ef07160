"""`cutroom models`: what there is, fetching it, hashing it again."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from shared.catalog import CARDS, MATTING, UPSCALERS, WeightSource
from tests.worker.zoo.web import serving
from worker.cli import models as commands

BYTES = b"weights" * 999


@pytest.fixture
def web():
    with serving() as web:
        yield web


@pytest.fixture
def run(tmp_path, monkeypatch, web):
    """Run the command with `silueta` on our server, unpinned; returns its result."""
    source = WeightSource("https", web.release("silueta.onnx", BYTES), "", "onnx")
    monkeypatch.setitem(commands._ALL, "silueta", replace(CARDS["silueta"], sources=(source,)))
    monkeypatch.setenv("CUTROOM_MODEL_CACHE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(commands.models, words)


def test_every_model_is_listed_with_whether_it_may_be_used_commercially(run):
    said = run("list").output
    assert [name for name in (*CARDS, *MATTING, *UPSCALERS) if name not in said] == []
    lines = {line.split("│")[0].strip(): line for line in said.splitlines() if "│" in line}
    assert " no " in lines["rmbg-1.4"] and " ask " in lines["silueta"] and " yes " in lines["u2net"]
    assert all("not yet" in line for line in lines.values())


@pytest.mark.parametrize("columns", ["60", "80"])
def test_a_narrow_terminal_cuts_nothing_off(run, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    said = run("list").output
    assert said.count("not yet") == len({*CARDS, *MATTING, *UPSCALERS})
    assert [name for name in (*CARDS, *MATTING, *UPSCALERS) if name not in said] == []


def test_pulled_weights_are_here_and_verified_and_a_changed_file_is_removed(run, tmp_path):
    assert run("pull", "silueta").exit_code == 0
    whole = run("verify")
    assert (whole.exit_code, "silueta: as it first came" in whole.output) == (0, True)
    [file] = tmp_path.glob("*.onnx")
    file.write_bytes(b"evil")

    changed = run("verify")
    assert (changed.exit_code, "silueta: changed, removed" in changed.output) == (1, True)
    assert not file.exists()


def test_the_help_teaches_in_few_words(run):
    said = run("--help").output
    assert "Example" in said and "Exit codes" in said and "..." not in said.partition("Commands:")[2]
    assert "Example" in run("pull", "--help").output
    assert "silueta" not in run("pull", "--help").output  # a list of them all is no usage


def test_what_no_source_has_ends_with_each_answer(run, web):
    web.files.clear()
    result = run("pull", "silueta")
    assert result.exit_code == 1
    assert "HTTP 404" in result.output


def test_an_unknown_name_is_refused_with_the_known_ones(run):
    result = run("pull", "no-such")
    assert result.exit_code == 2 and "birefnet-lite" in result.output
