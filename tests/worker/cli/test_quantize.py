"""`cutroom models quantize`: what it says, and what it refuses before any work."""

import os
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from shared.catalog import CARDS, INT8, WeightSource
from tests.worker.quantizing.conftest import SIDE, folder  # noqa: F401  (a fixture)
from tests.worker.quantizing.tiny import tiny_onnx
from worker.cli import models as commands


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run `cutroom models` where `silueta` is the tiny network; returns the command's result."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "silueta.onnx").write_bytes(tiny_onnx(SIDE))
    source = WeightSource("file", "silueta.onnx", "", "onnx")
    for rows, name in ((CARDS, "silueta"), (commands._ALL, "silueta"), (INT8, "silueta-int8")):
        monkeypatch.setitem(
            rows, name, replace(rows[name], sources=(source,), input_size=SIDE, precision="f32")
        )
    monkeypatch.setenv("CUTROOM_MODEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CUTROOM_MODEL_DIR", str(tmp_path / "mine"))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(commands.models, list(map(str, words)))


@pytest.fixture
def pulled(run):
    """The same, with the weights fetched."""
    assert run("pull", "silueta").exit_code == 0
    return run


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_variant_is_made_and_listed_with_a_verdict(pulled, folder, monkeypatch):  # noqa: F811
    pytest.importorskip("nncf", reason='needs the extra "int8"')
    monkeypatch.delenv("NNCF_CI", raising=False)
    assert "silueta-int8" not in pulled("list").output
    (folder / "notes.txt").write_text("no picture")

    result = pulled("quantize", "silueta", "--calibrate", folder)

    assert result.exit_code == 0, result.output
    assert os.environ["NNCF_CI"], "NNCF may report its use"
    assert (
        "learning from 12 photos, 4 held back to compare with; skipped, not readable: notes.txt"
        in result.output
    )
    assert "on 4 photos held back" in result.output and "offered as silueta-int8" in result.output
    assert "ccepted" in result.output
    assert "silueta-int8" in pulled("list").output
    assert "silueta-int8: as it first came" in pulled("verify").output


def test_weights_that_are_not_here_are_to_be_pulled_first(run, folder):  # noqa: F811
    result = run("quantize", "silueta", "--calibrate", folder)
    assert result.exit_code == 1 and "cutroom models pull silueta" in result.output


def test_too_few_photos_are_said_to_be_too_few(pulled, tmp_path):
    (tmp_path / "empty").mkdir()
    result = pulled("quantize", "silueta", "--calibrate", tmp_path / "empty")
    assert result.exit_code == 1 and "holds no files" in result.output


def test_without_nncf_it_says_what_to_install(pulled, folder, monkeypatch):  # noqa: F811
    monkeypatch.setitem(sys.modules, "nncf", None)
    result = pulled("quantize", "silueta", "--calibrate", folder)
    assert result.exit_code == 1 and 'install the extra "int8"' in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no-such", "--calibrate", "."), "no-such"),
        (("silueta-int8", "--calibrate", "."), "silueta-int8"),
        (("silueta",), "--calibrate"),
        (("silueta", "--calibrate", "/no/such/folder"), "does not exist"),
        (("silueta", "--calibrate", __file__), "is a file"),
        (("silueta", "--calibrate", ".", "--pictures", "3"), "--pictures"),
    ],
)
def test_wrong_usage_is_refused_with_the_reason(run, words, said):
    result = run("quantize", *words)
    assert result.exit_code == 2 and said in result.output
