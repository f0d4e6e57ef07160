"""The end of a process that cannot be trusted, tried on processes of its own."""

import subprocess
import sys

from worker.process import watchdog


def run(code: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=30
    )


def test_the_end_is_at_once_and_says_why():
    ended = run(
        "import atexit, threading, time\n"
        "from worker.process import watchdog\n"
        "atexit.register(print, 'a handler ran')\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "watchdog.end_process('no progress', step='segment')\n"
    )
    assert ended.returncode == watchdog.EXIT_STATUS
    assert "no progress" in ended.stdout + ended.stderr
    assert "a handler ran" not in ended.stdout


def test_a_thread_that_keeps_the_interpreter_to_itself_is_stopped():
    ended = run(
        "import ctypes\n"
        "from worker.process import watchdog\n"
        "watchdog._SILENT_SECONDS = 0.3\n"
        "watchdog.feed(0.05)\n"
        "ctypes.PyDLL(None).sleep(20)\n"  # PyDLL keeps the lock while C sleeps
    )
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr


def test_one_that_is_fed_or_at_rest_lives():
    ended = run(
        "import time\n"
        "from worker.process import watchdog\n"
        "watchdog._SILENT_SECONDS = 0.3\n"
        "for _ in range(5):\n"
        "    watchdog.feed(0.05)\n"
        "    time.sleep(0.1)\n"
        "watchdog.rest()\n"
        "time.sleep(0.5)\n"
    )
    assert ended.returncode == 0, ended.stderr
