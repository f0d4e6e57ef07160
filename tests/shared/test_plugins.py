import pytest

from shared import plugins


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An importable package with one module for each kind of name."""
    folder = tmp_path / "plugins_under_test"
    folder.mkdir()
    for name in ("__init__", "drop_shadow", "s3", "_private", "Upper"):
        (folder / f"{name}.py").write_text(f"NAME = {name!r}\n")
    (folder / "broken.py").write_text("import no_such_module_anywhere\n")
    (folder / "notes.txt").write_text("not a module")
    monkeypatch.syspath_prepend(tmp_path)
    return folder.name


def test_names_are_the_public_modules(package):
    assert plugins.names(package) == ("broken", "drop_shadow", "s3")


def test_a_name_loads_its_module(package):
    assert plugins.load(package, "drop_shadow").NAME == "drop_shadow"


ODD_NAMES = ["", "missing", "_private", "__init__", "Upper", "DROP_SHADOW", "drop-shadow", "drop_shadow.x"]


@pytest.mark.parametrize("name", [*ODD_NAMES, "../s3", "s3\n", ".s3", "os", "\uff533"])
def test_any_other_name_is_refused(package, name):
    with pytest.raises(LookupError, match="has no"):
        plugins.load(package, name)


def test_an_error_inside_the_module_is_not_taken_for_its_absence(package):
    with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
        plugins.load(package, "broken")
