"""A real S3 server for tests: OpenStack Swift with its s3api, from Debian's packages, on loopback.

    apt-get install -y swift-proxy swift-account swift-container swift-object memcached

It checks signatures, lengths and expiry as AWS does and keeps objects on disk. One replica, one folder as the
device, no systemd, no root needed. `python -m tests.integration.swift.server` runs one until interrupted.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import httpx
import pytest

ACCESS_KEY = "cutroom:test"
SECRET_KEY = "made-up-for-tests"
BUCKET = "cutroom-test"

RINGS = ("account", "container", "object")
PROGRAMS = (
    "memcached",
    "swift-ring-builder",
    "swift-proxy-server",
    *(f"swift-{ring}-server" for ring in RINGS),
)
PATH = f"{os.environ.get('PATH', '')}:/usr/bin:/usr/sbin"
START_SECONDS = 60
STOP_SECONDS = 10

BACKEND = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
workers = 0
log_level = WARNING
[pipeline:main]
pipeline = {ring}-server
[app:{ring}-server]
use = egg:swift#{ring}
"""

PROXY = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
workers = 0
log_level = WARNING
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache bulk s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache_port}
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_{access} = {secret} .admin
[filter:slo]
use = egg:swift#slo
"""


class SwiftServer:
    """Four Swift servers and their memcached in one folder; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._user = pwd.getpwuid(os.geteuid()).pw_name
        names = ("cache", "proxy", *RINGS)
        self._ports = dict(zip(names, _free_ports(len(names)), strict=True))
        self._running: list[subprocess.Popen[bytes]] = []
        self.endpoint_url = f"http://127.0.0.1:{self._ports['proxy']}"

    def __enter__(self) -> Self:
        (self._folder / "devices" / "sda").mkdir(parents=True)
        _require_attributes(self._folder / "devices" / "sda")
        for ring in RINGS:
            self._build_ring(ring)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and wait until the proxy is healthy; what was stored before is still there."""
        try:
            self._start_all()
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything; nothing is left running."""
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _start_all(self) -> None:
        self._run(
            "memcached", "-l", "127.0.0.1", "-p", str(self._ports["cache"]), "-U", "0", "-u", self._user
        )
        for ring in RINGS:
            self._serve(ring, BACKEND.format(ring=ring, **self._facts(ring)))
        access = ACCESS_KEY.replace(":", "_")
        cache = self._ports["cache"]
        self._serve(
            "proxy", PROXY.format(access=access, secret=SECRET_KEY, cache_port=cache, **self._facts("proxy"))
        )

    def _facts(self, name: str) -> dict[str, object]:
        return {"port": self._ports[name], "user": self._user, "folder": self._folder}

    def _serve(self, name: str, config: str) -> None:
        path = self._folder / f"{name}-server.conf"
        path.write_text(config)
        self._run(f"swift-{name}-server", str(path), "--verbose")

    def _run(self, program: str, *arguments: str) -> None:
        with (self._folder / f"{program}.log").open("ab") as log:
            command = [str(_found(program)), *arguments]
            self._running.append(subprocess.Popen(command, stdout=log, stderr=log, env=_environment()))

    def _build_ring(self, ring: str) -> None:
        builder = str(self._folder / f"{ring}.builder")
        device = f"r1z1-127.0.0.1:{self._ports[ring]}/sda"
        for step in (("create", "4", "1", "1"), ("add", device, "1"), ("rebalance",)):
            command = [str(_found("swift-ring-builder")), builder, *step]
            subprocess.run(command, check=True, capture_output=True, env=_environment())

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not self._is_healthy():
            if time.monotonic() > until or any(process.poll() is not None for process in self._running):
                raise RuntimeError(f"Swift did not start:\n{self._logs()}")
            time.sleep(0.1)

    def _is_healthy(self) -> bool:
        """Every server answers, not only the first one to listen."""
        try:
            answers = [
                httpx.get(f"http://127.0.0.1:{self._ports[name]}{path}", timeout=2, trust_env=False)
                for name, path in (("proxy", "/healthcheck"), *((ring, "/") for ring in RINGS))
            ]
        except httpx.HTTPError:
            return False
        return answers[0].status_code == 200

    def _logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-2000:]}" for log in self._folder.glob("*.log"))


def missing() -> str:
    """Why no Swift can be started here; empty when one can."""
    absent = [program for program in PROGRAMS if _found(program) is None]
    return f"Swift is not installed ({', '.join(absent)} missing): see {__name__}" if absent else ""


@pytest.fixture(scope="session")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SwiftServer]:
    """A running Swift; without one, the test is skipped on a desk and fails in CI."""
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with SwiftServer(tmp_path_factory.mktemp("swift")) as server:
        yield server


def _found(program: str) -> str | None:
    return shutil.which(program, path=PATH)


def _environment() -> dict[str, str]:
    """Without the tests' own Python, which Debian's programs must not load, and without any proxy."""
    return {"PATH": PATH, "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}


def _free_ports(count: int) -> list[int]:
    """Ports free now; all are held until the last is found, so that none comes twice."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [server.getsockname()[1] for server in held]
    for server in held:
        server.close()
    return ports


def _require_attributes(folder: Path) -> None:
    """Swift keeps what it knows of an object in extended attributes."""
    try:
        os.setxattr(folder, "user.cutroom", b"1")
    except OSError as error:
        raise RuntimeError(f"no extended attributes in {folder}: choose another --basetemp") from error


def main() -> None:
    """Run a server until interrupted, and say how to reach it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory() as folder,
        SwiftServer(Path(folder)) as server,
    ):
        sys.stdout.write(f"{server.endpoint_url}\n{ACCESS_KEY}\n{SECRET_KEY}\n")
        sys.stdout.flush()
        while True:
            signal.pause()


if __name__ == "__main__":
    main()
