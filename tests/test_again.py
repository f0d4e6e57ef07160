"""What starts a worker again on one machine."""

import signal
import subprocess
from pathlib import Path

AGAIN = Path(__file__).parents[1] / "deploy/embedded/again.sh"


def run(script: str) -> subprocess.Popen:
    return subprocess.Popen(
        ["sh", AGAIN, "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip


def test_a_command_that_fails_is_started_again_and_stops_when_told():
    with run("echo run; exit 70") as process:
        assert [process.stdout.readline() for _ in range(2)] == ["run\n", "run\n"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_a_command_that_ends_well_stays_ended():
    with run("echo run") as process:
        assert process.communicate(timeout=5)[0] == "run\n"
        assert process.returncode == 0
