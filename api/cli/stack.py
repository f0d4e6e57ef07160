"""The whole service as a child process on free ports, stopped with its parent whatever becomes of that."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from api.cli.up import ROOT

_STOP_SECONDS = 20
_TAIL_LINES = 30


@dataclass(frozen=True, slots=True)
class Stack:
    """A running service of one's own."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def is_dead(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Start the service; stop it afterwards, on errors, Ctrl-C and SIGTERM too.

    Its data, a folder in CUTROOM_DATA_DIR (var), goes with it, except that the log stays when something failed.
    """
    signal.signal(signal.SIGTERM, _exit)
    above = ROOT / os.environ.get("CUTROOM_DATA_DIR", "var")
    try:
        above.mkdir(parents=True, exist_ok=True)
        # A folder of its own: two Redis servers on one append-only file would destroy it.
        folder = Path(tempfile.mkdtemp(prefix="demo-", dir=above))
    except OSError as error:
        raise click.ClickException(f"{error}: set CUTROOM_DATA_DIR to a folder that may be written") from None
    stack = _start(folder)
    try:
        yield stack
    except BaseException:
        # Whoever presses Ctrl-C twice would leave the folder behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        click.echo("stopping the service, which takes some seconds", err=True)
        _stop(stack)
        stack.log.replace(above / "demo.log")
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _stop(stack)
    shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path) -> Stack:
    port, redis_port = _free_ports(2)
    log = folder / "log"
    env = {
        **os.environ,
        "CUTROOM_HOST": "127.0.0.1",
        "CUTROOM_PORT": str(port),
        "CUTROOM_PUBLIC_URL": "",
        "CUTROOM_DATA_DIR": str(folder),
        "CUTROOM_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "CUTROOM_BROKER_URL": f"redis://127.0.0.1:{redis_port}/1",
    }
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "up", "--until-stdin-closes"],
            # The system closes this pipe even when we are killed: so nothing is left running behind us.
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            # A Ctrl-C in the terminal is for us alone; we then stop the stack in order.
            start_new_session=True,
            env=env,
            cwd=ROOT,
        )
    return Stack(f"http://127.0.0.1:{port}", process, log)


def _stop(stack: Stack) -> None:
    if stack.process.stdin:
        with suppress(BrokenPipeError):
            stack.process.stdin.close()
    try:
        stack.process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        stack.process.terminate()
        stack.process.wait(_STOP_SECONDS)


def _free_ports(count: int) -> list[int]:
    """Ports nobody listens on; held together for a moment, so that they differ."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _exit(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)
