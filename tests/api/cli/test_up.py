"""`cutroom up`: when a process ends, everything stops, and it says which and how."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from api.cli import up as module
from shared.settings import Settings
from tests.api.conftest import serving

_UP = """
import sys
from pathlib import Path
from api.cli import up
up.ROOT = Path(sys.argv[1])
up._check_ports = lambda _settings: None
up.command([])
"""


@pytest.fixture
def up(tmp_path):
    """Start these processes."""
    started = []

    def up(**lines):
        (tmp_path / "Procfile").write_text("".join(f"{name}: {line}\n" for name, line in lines.items()))
        process = subprocess.Popen(
            [sys.executable, "-c", _UP, tmp_path],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield up
    for process in started:
        with process:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(("status", "exit_code"), [(3, 3), (0, 1)])
def test_one_that_ends_stops_the_others_and_is_named(up, status, exit_code):
    process = up(web=f"sh -c 'sleep 0.5; exit {status}'", keeper="sleep 60")
    said = process.communicate(timeout=20)[0]
    assert process.returncode == exit_code
    assert f"because this had ended: web (status {status})" in said
    assert "keeper (status" not in said


def test_told_to_stop_it_blames_nobody(up):
    process = up(web="sleep 60", keeper="sleep 60")
    while "keeper started" not in (line := process.stdout.readline()):
        assert line
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[0]
    assert process.returncode == 130
    assert "has stopped, because" not in said


@pytest.mark.parametrize("part", ["web", "redis"])
def test_a_port_that_is_taken_is_said_with_what_to_set(monkeypatch, part):
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as other:
        port, free = taken.getsockname()[1], other.getsockname()[1]
        other.close()
        web, redis = (port, free) if part == "web" else (free, port)
        monkeypatch.setenv("CUTROOM_PORT", str(web))
        monkeypatch.setenv("CUTROOM_REDIS_URL", f"redis://127.0.0.1:{redis}/0")
        result = CliRunner().invoke(module.command)
    advice = (
        f"CUTROOM_PORT={port + 1}" if part == "web" else f"CUTROOM_BROKER_URL=redis://127.0.0.1:{port + 1}/1"
    )
    assert (result.exit_code, advice in result.output) == (1, True)


def test_it_is_said_when_a_job_could_be_done(deps, capsys):
    with serving(deps) as (_host, port):
        module._tell_when_ready(Settings(host="127.0.0.1", port=port))
    assert "Cutroom is ready" in capsys.readouterr().out


def test_an_open_door_is_said_before_anything_starts(monkeypatch):
    monkeypatch.setenv("CUTROOM_HOST", "0.0.0.0")
    result = CliRunner().invoke(module.command)
    assert (result.exit_code, "CUTROOM_AUTH=keys" in result.output) == (1, True)
