"""`cutroom up`: when a process ends, everything stops, and it says which and how."""

import os
import signal
import subprocess
import sys
import time

import pytest

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
