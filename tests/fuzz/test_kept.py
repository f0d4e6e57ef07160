"""What the fuzzer begins with, and what it once broke something with, is refused or read as it should be."""

import importlib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
KEPT = sorted(
    path for kind in ("corpus", "found") for path in (HERE / kind).glob("*/*") if path.name[0] != "."
)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: str(path.relative_to(HERE)))
def test_kept(path):
    importlib.import_module(f"tests.fuzz.{path.parent.name}").check(path.read_bytes())


def test_the_seeds_are_small():
    assert sum(path.stat().st_size for path in KEPT) < 100_000
