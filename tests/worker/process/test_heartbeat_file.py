"""A probe sees that the small processes live, too."""

import os
import subprocess
import sys
import time
from threading import Event, active_count

import pytest

from shared.settings import Settings
from worker.process.heartbeat_file import keep_touching


def comes(file, seconds):
    ends_at = time.monotonic() + seconds
    while not file.exists() and time.monotonic() < ends_at:
        time.sleep(0.01)
    return file.exists()


def test_the_file_is_touched_again_and_again_until_told_to_stop(tmp_path):
    file, stopped = tmp_path / "heartbeat", Event()
    keep_touching(Settings(heartbeat_file=file, heartbeat_seconds=0.02), stopped)
    for _ in range(2):
        assert comes(file, 5)
        file.unlink()
    stopped.set()
    time.sleep(0.1)
    file.unlink(missing_ok=True)
    assert not comes(file, 0.2)


def test_without_the_setting_nothing_runs():
    before = active_count()
    keep_touching(Settings(), Event())
    assert active_count() == before


@pytest.mark.parametrize("process", ["keeper", "feeder", "webhooks"])
def test_a_process_lives_while_redis_is_down(process, tmp_path):
    file = tmp_path / "heartbeat"
    env = {name: value for name, value in os.environ.items() if not name.startswith("CUTROOM_")} | {
        "CUTROOM_HEARTBEAT_FILE": str(file),
        "CUTROOM_DATA_DIR": str(tmp_path),
        "CUTROOM_REDIS_URL": "redis://127.0.0.1:1/0",
        "CUTROOM_BROKER_URL": "redis://127.0.0.1:1/1",
    }
    with subprocess.Popen([sys.executable, "-m", f"worker.{process}"], env=env) as running:
        try:
            assert comes(file, 60)
            assert running.poll() is None
        finally:
            running.terminate()
