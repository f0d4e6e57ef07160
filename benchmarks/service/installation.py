"""Real processes on free ports over a folder of their own, all ended together."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import redis

from shared.queue.names import QUEUES

_ROOT = Path(__file__).parents[2]
_START_SECONDS = 60
_STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Installation:
    """A Redis of its own, and what is started beside it."""

    folder: Path
    redis_port: int
    ending: ExitStack
    groups: set[int] = field(default_factory=set)
    """The process groups of what was started."""

    def start(self, *command: str, port: int = 0, **settings: str) -> int:
        """One more process, in a session of its own; `port` is where it listens, if it does. Returns its id."""
        log = self.ending.enter_context((self.folder / "log").open("ab"))
        process = subprocess.Popen(
            command,
            cwd=_ROOT,
            env=self._environment(port) | settings,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.groups.add(process.pid)
        self.ending.callback(_end, process)
        if port:
            self._wait_for(port, process)
        return process.pid

    def gunicorn(self, app: str, **settings: str) -> int:
        """A server of this application, set up as the API's; the port it listens on."""
        port = free_port()
        self.start("gunicorn", "--config", "api/gunicorn.conf.py", app, port=port, **settings)
        return port

    def worker(self, app: str, queues: Sequence[str] = QUEUES, **settings: str) -> int:
        """A Celery worker of this module's app. Returns its id."""
        return self.start(
            "celery", "--app", app, "worker", "--without-gossip", "--without-mingle",
            "--queues", ",".join(queues), **settings,
        )  # fmt: skip

    def client(self, port: int) -> httpx.Client:
        """A client of the API on this port, once all that a job needs is there."""
        url = f"http://127.0.0.1:{port}"
        while httpx.get(f"{url}/readyz", timeout=120).status_code != 200:
            time.sleep(0.2)
        return httpx.Client(base_url=url, timeout=120)

    def cpu_seconds(self) -> float:
        """What all processes here, Redis too, have used of the processor so far; says more on a busy machine."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(FileNotFoundError, ProcessLookupError):
                # Behind the command, which may hold spaces.
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[2]) in self.groups:
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    @property
    def redis_url(self) -> str:
        """Of the records."""
        return f"redis://127.0.0.1:{self.redis_port}/0"

    @property
    def broker_url(self) -> str:
        """Of the messages."""
        return f"redis://127.0.0.1:{self.redis_port}/1"

    @property
    def records(self) -> redis.Redis:
        """The database of the records."""
        return redis.Redis(port=self.redis_port, db=0, decode_responses=True)

    @property
    def brokers(self) -> redis.Redis:
        """The database of the messages."""
        return redis.Redis(port=self.redis_port, db=1, decode_responses=True)

    def _environment(self, port: int) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("CUTROOM_") or name == "CUTROOM_MODEL_CACHE"
        }
        return kept | {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "CUTROOM_PORT": str(port or 8000),
            "CUTROOM_DATA_DIR": str(self.folder),
            "CUTROOM_REDIS_URL": self.redis_url,
            "CUTROOM_BROKER_URL": self.broker_url,
            "CUTROOM_MAX_WAITING_JOBS": "1000000",
            "CUTROOM_LOG_FORMAT": "json",
            # The ETag of a job changes when its URLs are half-way to their end; not while we count.
            "CUTROOM_URL_LIFETIME_SECONDS": "604800",
        }

    def _wait_for(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        ends_at = time.monotonic() + _START_SECONDS
        while time.monotonic() < ends_at and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"{process.args} did not start:\n{(self.folder / 'log').read_text()[-3000:]}")


@contextmanager
def installation() -> Iterator[Installation]:
    """Redis alone, as the embedded stack runs it; everything ends, and its files go, with the block."""
    Path("var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir="var") as folder, ExitStack() as ending:
        here = Installation(Path(folder).resolve(), free_port(), ending)
        here.start("sh", "deploy/embedded/redis.sh", port=here.redis_port)
        yield here


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
