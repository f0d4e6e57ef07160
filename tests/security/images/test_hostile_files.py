"""What strangers hand in gets its code; it ends no process, takes no 512 MB and no 10 s."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import AppError
from shared.picture import inspect
from tests.images import LIMITS
from tests.security.images.hostile_files import CASES, READS, TOO_MANY, TRUNCATED, UNSUPPORTED

_ROOT = Path(__file__).parents[3]
_ALL = CASES | TRUNCATED
_MEGABYTES = 512
_SECONDS = 10


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {name: make() for name, (_, make) in _ALL.items()}


@pytest.fixture(scope="module")
def readings(files, tmp_path_factory) -> dict[str, dict]:
    folder = tmp_path_factory.mktemp("hostile")
    for name, data in files.items():
        (folder / name.replace("/", "!")).write_bytes(data)
    command = [sys.executable, "-m", "tests.security.images.read_files", str(folder)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=400, check=True)
    return {name.replace("!", "/"): reading for name, reading in json.loads(done.stdout).items()}


@pytest.mark.parametrize("name", _ALL)
def test_every_class_of_file_gets_its_code(name, readings):
    assert readings[name]["outcome"] in _ALL[name][0].split(" or ")


@pytest.mark.parametrize("name", CASES)
def test_none_takes_much_memory(name, readings):
    assert readings[name]["megabytes"] < _MEGABYTES


@pytest.mark.parametrize("name", CASES)
def test_none_takes_long(name, readings):
    assert readings[name]["seconds"] < _SECONDS


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", [name for name in CASES if CASES[name][0] in (READS, TOO_MANY, UNSUPPORTED)])
def test_the_api_says_the_same_from_the_header_alone(name, files):
    try:
        inspect(io.BytesIO(files[name]), LIMITS)
        outcome = READS
    except AppError as error:
        outcome = error.code
    assert outcome == CASES[name][0]
