"""The locks hold everything that pyproject.toml asks for, by hash, from nowhere in particular; and are used."""

import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.security.supply.audit import judge

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = {"api": ["api"], "worker": ["worker"], "worker,torch": ["worker", "torch"]}
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "python_full_version": "3.11.15",
         "python_version": "3.11", "platform_machine": "x86_64", "extra": ""}  # fmt: skip

each_lock = pytest.mark.parametrize("lock", LOCKS)


def text_of(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.lock").read_text()


def entries(lock: str) -> list[tuple[Requirement, list[str]]]:
    """Requirement and hashes of each entry."""
    joined = re.sub(r" *\\\n *", " ", text_of(lock))
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(Requirement(line.partition(" --hash")[0]), re.findall(r"--hash=(\S+)", line)) for line in lines]


def pins(lock: str) -> dict[str, str]:
    """Version by name, as an image has it."""
    found = {}
    for requirement, _ in entries(lock):
        if requirement.marker is None or requirement.marker.evaluate(LINUX):
            [pin] = requirement.specifier
            assert pin.operator == "=="
            found[canonicalize_name(requirement.name)] = pin.version
    return found


def meets(requirement: Requirement, pinned: dict[str, str]) -> bool:
    version = pinned.get(canonicalize_name(requirement.name))
    return version is not None and requirement.specifier.contains(version, prereleases=True)


@each_lock
def test_a_lock_holds_what_the_project_asks_for(lock):
    asked = PROJECT["dependencies"] + [
        line for extra in LOCKS[lock] for line in PROJECT["optional-dependencies"][extra]
    ]
    build = (ROOT / "requirements" / "build.in").read_text().splitlines()
    asked += [line for line in build if not line.startswith("#")]
    assert [line for line in asked if not meets(Requirement(line), pins(lock))] == [], "run: make lock"


@each_lock
def test_a_lock_holds_what_its_packages_ask_for(lock):
    """As far as the same versions are installed here, so that their own words can be read."""
    pinned = pins(lock)
    missing = []
    for name, version in pinned.items():
        try:
            here = distribution(name)
        except PackageNotFoundError:
            continue
        if here.version != version:
            continue
        for line in here.requires or ():
            asked = Requirement(line)
            if (asked.marker is None or asked.marker.evaluate(LINUX)) and not meets(asked, pinned):
                missing.append(f"{name}: {line}")
    assert missing == []


@each_lock
def test_every_entry_has_its_hashes(lock):
    assert all(
        hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes)
        for _, hashes in entries(lock)
    )


@each_lock
def test_a_lock_names_no_server(lock):
    assert "://" not in text_of(lock)
    assert not re.search(r"^\s*--(?!hash)", text_of(lock), re.MULTILINE)


@pytest.mark.parametrize("package", ["api", "worker"])
def test_an_image_installs_nothing_but_its_lock(package):
    text = re.sub(r"\\\n\s*", "", (ROOT / package / "Dockerfile").read_text())
    for command in re.findall(r"pip install .*", text):
        assert "--require-hashes" in command or "--no-deps --no-build-isolation ." in command


FLAW = {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
SOUND = {"name": "b", "version": "1", "vulns": []}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        ([FLAW, SOUND, UNKNOWN], 1, "PYSEC-1"),
        ([SOUND, UNKNOWN], 0, "1 of 2 packages looked at, 0 flaws"),
        ([UNKNOWN], 0, "SKIPPED, nothing was looked at"),
    ],
)
def test_an_audit_says_what_it_looked_at(found, status, said, capsys):
    assert judge("x.lock", json.dumps({"dependencies": found}), "") == status
    assert said in capsys.readouterr().out


def test_an_audit_without_answer_is_no_success(capsys):
    assert judge("x.lock", "", "connection refused") == 0
    assert "SKIPPED, nothing was looked at: connection refused" in capsys.readouterr().out
