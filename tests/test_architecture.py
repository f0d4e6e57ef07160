"""The rules that no type checker knows: names that find modules, sizes, who may read the environment."""

import ast
import re
from collections import Counter
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from docs.generate import errors
from shared import plugins
from shared.catalog import CARDS, MATTING, PARTNERS, UPSCALERS, WeightSource
from shared.spec.effects import EFFECTS
from shared.spec.job import Stage

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for room in ("api", "shared", "worker") for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

COMPOSITION_ROOTS = (
    "api/wsgi.py",
    "api/gunicorn.conf.py",
    "worker/main.py",
    "worker/keeper/__main__.py",
    "worker/feeder/__main__.py",
    "worker/webhooks/__main__.py",
)
MAY_READ_THE_ENVIRONMENT = re.compile(
    r"shared/settings\.py|(api|worker)/cli/\w+\.py|" + "|".join(map(re.escape, COMPOSITION_ROOTS))
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(module: str) -> set[str]:
    """The functions of a module, read without importing it."""
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_effect_has_a_module_and_each_module_an_effect():
    asked_for = {spec.model_fields["type"].default for spec in EFFECTS}
    assert set(plugins.names("worker.effects")) == asked_for | {"render"}


def test_each_family_has_a_module_and_each_module_a_family():
    assert set(plugins.names("worker.segmentation.families")) == {card.family for card in CARDS.values()}


def test_each_kind_of_source_in_the_catalogue_has_a_module_and_each_module_is_a_kind():
    cards = (*CARDS.values(), *MATTING.values(), *UPSCALERS.values(), *PARTNERS.values())
    used = {source.kind for card in cards for source in card.sources}
    modules = set(plugins.names("worker.io.sources")) - {"source"}
    assert used <= modules <= set(get_args(get_type_hints(WeightSource)["kind"]))
    assert [module for module in modules if "fetch" not in functions(f"worker.io.sources.{module}")] == []


@pytest.mark.parametrize("stage", Stage)
def test_each_stage_has_a_task(stage):
    assert stage in plugins.names("worker.tasks")
    assert "run" in functions(f"worker.tasks.{stage}")


def test_each_error_has_a_code_of_its_own():
    # A picture that cannot be downloaded is one fact to the caller; only the worker asks whether to try again.
    shared_on_purpose = {"download_failed": 2}
    assert {c: n for c, n in Counter(error.code for error in errors()).items() if n > 1} == shared_on_purpose


def test_no_file_has_a_name_that_says_nothing():
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
    assert [name(path) for path in (*SOURCES, *TESTS) if empty & {path.stem, path.parent.name}] == []


def test_no_file_is_too_long_to_read():
    long = {
        path: len(path.read_text().splitlines()) for path in (*SOURCES, *TESTS) if path.parent.name != "arch"
    }
    assert {
        name(path): lines for path, lines in long.items() if lines > (500 if path in TESTS else 400)
    } == {}


def test_only_composition_roots_read_the_environment():
    reading = {name(path) for path in SOURCES if reads_environment(ast.parse(path.read_text()))}
    assert {path for path in reading if not MAY_READ_THE_ENVIRONMENT.fullmatch(path)} == set()


def reads_environment(tree: ast.Module) -> bool:
    nodes = list(ast.walk(tree))
    imported = {node.name for node in nodes if isinstance(node, ast.alias)}
    attributes = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    ways_in = {"os.environ", "os.getenv", "environ", "getenv", "load_settings"}
    # The module that defines load_settings reads os.environ in it, so it is found like any other.
    return bool(ways_in & (imported | attributes))
