"""The embedded stack: it comes up, and whatever happens nothing of it stays behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from api.cli.stack import running_stack
from api.cli.up import ROOT
from api.client.client import CutroomClient

pytestmark = pytest.mark.integration

START_SECONDS = 60
STOP_SECONDS = 25

# What a parent does with a stack until something happens to it.
_PARENT = """
import signal
import time
from api.cli.stack import running_stack
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores it
with running_stack() as stack:
    print(stack.url, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("CUTROOM_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # pytest keeps its own handlers
    return tmp_path


def processes_of(data_dir: Path) -> list[str]:
    """Commands of the living processes that were started for this folder, this one left out."""
    commands = (_command(process, str(data_dir)) for process in Path("/proc").glob("[0-9]*"))
    return [command for command in commands if command]


def _command(process: Path, data_dir: str) -> str:
    """The command line of a process that belongs to the folder; of any other, nothing."""
    try:
        # Redis writes its title over its environment, but works in its folder.
        environ, folder = (process / "environ").read_bytes(), os.readlink(process / "cwd")
        command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:  # it ended while we looked
        return ""
    belongs = f"CUTROOM_DATA_DIR={data_dir}".encode() in environ or folder.startswith(data_dir)
    return command if belongs and int(process.name) != os.getpid() else ""


def until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


def test_it_becomes_ready_and_goes_away(data_dir):
    with running_stack() as stack, CutroomClient(stack.url) as client:
        until(client.is_ready, START_SECONDS)
        commands = " ".join(processes_of(data_dir))
        assert all(part in commands for part in ("redis-server", "gunicorn", "celery", "keeper"))
    assert processes_of(data_dir) == []
    assert list(data_dir.iterdir()) == []


def test_an_error_keeps_the_log_and_nothing_else(data_dir):
    with pytest.raises(RuntimeError), running_stack():
        raise RuntimeError
    assert processes_of(data_dir) == []
    assert [path.name for path in data_dir.iterdir()] == ["demo.log"]


def test_a_data_folder_that_cannot_be_made_is_a_sentence(monkeypatch):
    monkeypatch.setenv("CUTROOM_DATA_DIR", "/proc/nowhere")
    with pytest.raises(click.ClickException, match="CUTROOM_DATA_DIR"), running_stack():
        pytest.fail("it was started")


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("is_ready", [False, True])
def test_nothing_outlives_its_parent(data_dir, blow, is_ready):
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with parent, CutroomClient(parent.stdout.readline().strip()) as client:
        if is_ready:
            until(client.is_ready, START_SECONDS)
        parent.send_signal(blow)
        parent.wait(STOP_SECONDS)
    until(lambda: not processes_of(data_dir), STOP_SECONDS)
