"""`cutroom up`: the whole service in the foreground, with no other service needed."""

import os
import signal
import socket
import sys
import time
from pathlib import Path
from threading import Thread, Timer
from urllib.parse import urlsplit

import click
from honcho.environ import expand_processes, parse_procfile
from honcho.manager import Manager

from api.client.client import CutroomClient
from api.exposure import check_exposure
from shared.errors import SettingsInvalid
from shared.settings import Settings, load_settings

_LOOK_SECONDS = 0.5
ROOT = Path(__file__).resolve().parents[2]
"""Where the Procfile lies."""


class StackManager(Manager):  # type: ignore[misc]  # honcho has no types
    """Honcho's manager, which may also be told to stop while it is still starting, and remembers why it stops."""

    ended: tuple[tuple[str, int], ...] = ()
    """Processes that ended though nobody had told them to, each with its status; the others are stopped then."""

    def terminate(self) -> None:
        """Stop everything; at once, or as soon as honcho knows every process's id."""
        if self._all_started():
            if not self._terminating:
                rows = ((name, process.get("returncode")) for name, process in self._processes.items())
                self.ended = tuple((name, status) for name, status in rows if status is not None)
            super().terminate()
        else:
            Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()


@click.command(short_help="Run the whole service in the foreground.")
@click.option(
    "--until-stdin-closes", is_flag=True, hidden=True, help="Stop when whoever started this is gone."
)
def command(until_stdin_closes: bool) -> None:
    """Run Redis, the API, a worker, the keeper, the feeder of batches and the sender
    of webhooks together, until Ctrl-C.

    Settings come from CUTROOM_… variables; data is kept in CUTROOM_DATA_DIR (var). The API and Redis end it all when
    they end; the others are started again.

    \b
    Examples:
      cutroom up
      CUTROOM_PORT=9000 CUTROOM_DATA_DIR=/srv/cutroom cutroom up

    \b
    Exit codes: 130 stopped by Ctrl-C; otherwise that of the first process that ended, 1 if that was 0.
    """
    try:
        settings = load_settings()
        check_exposure(settings)  # here in a sentence, from the API in a traceback
    except SettingsInvalid as error:
        raise click.ClickException(error.detail) from None
    _check_ports(settings)
    manager = _manager(ROOT / "Procfile")
    click.echo(f"Cutroom is starting on {settings.base_url}; Ctrl-C stops it.")
    Thread(target=_tell_when_ready, args=(settings,), daemon=True).start()
    if until_stdin_closes:
        Thread(target=_stop_with_stdin, daemon=True).start()
    manager.loop()
    if manager.ended:
        told = " and ".join(f"{name} (status {status})" for name, status in manager.ended)
        click.echo(
            f"Cutroom has stopped, because this had ended: {told}. Its last words are above.", err=True
        )
    sys.exit(manager.returncode or 1)


def _manager(procfile: Path) -> StackManager:
    if not procfile.exists():
        raise click.ClickException(f"there is no {procfile}: run this in a checkout of the project")
    # The commands named there are this environment's own, whether it is activated or not.
    here = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    env = {**os.environ, "PATH": here, "PYTHONUNBUFFERED": "1"}
    manager = StackManager()
    for process in expand_processes(parse_procfile(procfile.read_text()).processes, env=env):
        manager.add_process(process.name.removesuffix(".1"), process.cmd, env=process.env, cwd=str(ROOT))
    return manager


def _check_ports(settings: Settings) -> None:
    """Say it in words, before four logs say it in tracebacks."""
    redis = urlsplit(settings.redis_url)
    redis_host, redis_port = redis.hostname or "127.0.0.1", redis.port or 6379
    beside = f"redis://{redis_host}:{redis_port + 1}"
    for advice, host, port in (
        (f"CUTROOM_PORT={settings.port + 1}", settings.host, settings.port),
        (f"CUTROOM_REDIS_URL={beside}/0 CUTROOM_BROKER_URL={beside}/1", redis_host, redis_port),
    ):
        if _is_taken(host, port):
            said = (
                f"port {port} is in use already, by another Cutroom perhaps; to choose another, set {advice}"
            )
            raise click.ClickException(said)


def _tell_when_ready(settings: Settings) -> None:
    """One line among the logs: from now on a job is done."""
    here = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 only looked at
    with CutroomClient(f"http://{here}:{settings.port}") as client:
        while not client.is_ready():
            time.sleep(_LOOK_SECONDS)
    click.echo(f"Cutroom is ready: `cutroom submit cat.jpg -o out/`, or see {settings.base_url}/docs")


def _is_taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def _stop_with_stdin() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
