"""A whole installation in a temporary folder: real Redis, gunicorn, Celery worker and keeper, killed by pid."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread

import httpx
import redis

ROOT = Path(__file__).parents[2]
QUEUES = "gpu.interactive,cpu.interactive,io.interactive,gpu.bulk,cpu.bulk,io.bulk"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds: float, what: str):
    """Whatever `condition` gives once it is true; fails naming `what` when it takes longer."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        try:
            if found := condition():
                return found
        except (httpx.HTTPError, redis.RedisError):
            pass
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


class Stack:
    """Processes by name; `worker`, `worker2`, … may be started and killed at will."""

    wsgi = "api.wsgi:app"
    sender = "worker.webhooks"

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port, self.redis_port = free_port(), free_port()
        self.processes: dict[str, subprocess.Popen] = {}
        self.url = f"http://127.0.0.1:{self.port}"
        self.records = redis.Redis(port=self.redis_port, db=0, decode_responses=True)
        self.broker = redis.Redis(port=self.redis_port, db=1, decode_responses=True)
        self.http = httpx.Client(base_url=self.url, timeout=10)
        self.settings = {
            "CUTROOM_PORT": str(self.port),
            "CUTROOM_DATA_DIR": str(folder),
            "CUTROOM_REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "CUTROOM_BROKER_URL": f"redis://127.0.0.1:{self.redis_port}/1",
            "CUTROOM_LEASE_SECONDS": "3",
            "CUTROOM_HEARTBEAT_SECONDS": "0.5",
            "CUTROOM_REDELIVER_SECONDS": "3",
            "CUTROOM_SWEEP_SECONDS": "0.2",
            "CUTROOM_RETRY_DELAY_SECONDS": "0.2",
        } | settings

    def start(self, name: str, **extra: str) -> subprocess.Popen:
        python, bin_dir = sys.executable, str(Path(sys.executable).parent)
        celery = [python, "-m", "celery", "--app", "tests.integration.stand_in_worker", "worker"]
        command = {
            # A file that may grow no further gives an error then, as a full disk does, and no signal.
            "redis": ["sh", "-c", "trap '' XFSZ; exec sh deploy/embedded/redis.sh"],
            "web": [f"{bin_dir}/gunicorn", "--config", "api/gunicorn.conf.py", self.wsgi],
            "keeper": [python, "-m", "worker.keeper"],
            "feeder": [python, "-m", "worker.feeder"],
            "webhooks": [python, "-m", self.sender],
        }.get(
            name.rstrip("23"),
            [*celery, "--without-gossip", "--without-mingle", "-n", f"{name}@test", "-Q", QUEUES],
        )
        env = {k: v for k, v in os.environ.items() if not k.startswith("CUTROOM_")}
        env |= {"PATH": f"{bin_dir}:{env['PATH']}", "PYTHONPATH": str(ROOT), **self.settings, **extra}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
            )
        return self.processes[name]

    def up(self, **extra: str) -> "Stack":
        for name in ("redis", "web", "keeper", "worker"):
            self.start(name, **extra)
        until(lambda: self.http.get("/readyz").status_code == 200, 60, "readyz")
        return self

    def send(self, name: str, number: int) -> None:
        os.killpg(self.processes[name].pid, number)

    def kill(self, name: str) -> None:
        """As a dying machine does: no warning, and nothing is left of it."""
        self.send(name, signal.SIGKILL)
        self.processes.pop(name).wait()

    def stop(self, name: str, seconds: float) -> int:
        """As a deployment does: SIGTERM, then the time of grace; the exit status."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(seconds)

    @contextmanager
    def paused(self, *names: str):
        for name in names:
            self.send(name, signal.SIGSTOP)
        try:
            yield
        finally:
            for name in names:
                self.send(name, signal.SIGCONT)

    @contextmanager
    def full_disk(self, name: str):
        """No file of this process grows any more; what it has written stays."""
        pid = self.processes[name].pid
        largest = max(path.stat().st_size for path in (self.folder / name).rglob("*") if path.is_file())
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def down(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.http.close()
        self.records.close()
        self.broker.close()

    def submit(self, picture: bytes, spec: str = "{}") -> str:
        answer = self.http.post("/v1/jobs", files={"image": ("photo.png", picture), "spec": (None, spec)})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def job(self, job_id: str) -> dict:
        return self.http.get(f"/v1/jobs/{job_id}").raise_for_status().json()

    def finished(self, job_id: str, seconds: float = 30) -> dict:
        def final():
            job = self.job(job_id)
            return job if job["status"] not in ("queued", "running") else None

        return until(final, seconds, f"{job_id} to finish (now {self.job(job_id)})")


class Supervisor:
    """Starts processes of a stack again when they end, as systemd or Kubernetes would; a context manager."""

    def __init__(self, stack: Stack, *names: str) -> None:
        self._stack = stack
        self._names = set(names)
        self._lock = Lock()
        self._ended = Event()
        self._thread = Thread(target=self._run, name="supervisor", daemon=True)
        self.exits: list[tuple[str, int]] = []
        """Who ended by itself, and its exit status."""

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    @contextmanager
    def leaving(self, *names: str):
        """Let these rest meanwhile when they end."""
        with self._lock:
            self._names -= set(names)
        try:
            yield
        finally:
            with self._lock:
                self._names |= set(names)

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            with self._lock:
                for name in self._names:
                    process = self._stack.processes.get(name)
                    if process is not None and process.poll() is not None:
                        self.exits.append((name, process.returncode))
                    if process is None or process.poll() is not None:
                        self._stack.start(name)
