"""`cutroom doctor`: looks at the installation from here, and says of each part what to do next."""

import io
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from api.cli.up import ROOT
from api.client.client import CutroomClient, Refused, Unreachable
from shared.catalog import CARDS
from shared.errors import AppError
from shared.events.backlog import Backlog
from shared.fleet.port import WorkerFacts
from shared.fleet.redis_fleet import RedisFleet
from shared.ids import new_id
from shared.jobs.passes import FEEDER, KEEPER, RedisPasses
from shared.queue.names import QUEUES
from shared.records import connect
from shared.settings import Settings, load_settings
from shared.storage.opening import open_store
from shared.tenants.redis_store import RedisTenantStore

OK, WARNING, BROKEN = "ok", "warning", "broken"

_EXTRAS = {"api": ("apiflask", "gunicorn"), "worker": ("cv2", "openvino"), "torch": ("torch",)}
_NEEDED = ("api", "worker")
_LEAST_FREE_BYTES = 2_000_000_000
_MOST_CLOCK_SECONDS = 5
_SILENT_SECONDS = 30
_LATE_WEBHOOK_SECONDS = 60
_API_SECONDS = 5.0
_MOST_MEMORY = 0.7

_LASTING = "for good in its redis.conf"

_STORAGE_ADVICE = (
    ("NoSuchBucket", "make the bucket, or name another in CUTROOM_STORAGE_URL"),
    ("NoCredentials", "set CUTROOM_S3_ACCESS_KEY_ID and CUTROOM_S3_SECRET_ACCESS_KEY"),
    ("refuses", "check CUTROOM_S3_ACCESS_KEY_ID, CUTROOM_S3_SECRET_ACCESS_KEY and what they may do"),
    ("object storage", "is the server up, and CUTROOM_S3_ENDPOINT_URL its address?"),
    ("file storage", "let this user write to the folder of CUTROOM_STORAGE_URL, or name another there"),
)
"""What to do next, by a word of what storage said."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, and how it is."""

    part: str
    state: str
    said: str
    advice: str = ""
    """What to do next; empty when nothing is."""


@click.command(short_help="Check the installation, and say what to fix.")
def command() -> None:
    """Check Python, disk, storage, API, Redis, clock, keys, workers, weights, keeper, feeder and
    webhooks.

    Where they are is taken from the settings of this environment.

    \b
    Example:
      cutroom doctor

    \b
    Exit codes: 0 nothing is broken, though there may be warnings; 1 something is broken.
    """
    findings = []
    settings = _settings()
    # Where the processes of `cutroom up` run: a relative folder is the same one that they mean.
    with chdir(ROOT if (ROOT / "Procfile").exists() else Path()):
        for finding in examine(settings):
            findings.append(finding)
            click.echo(f"{finding.state:8}{finding.part:12}{finding.said}")
            if finding.advice:
                click.echo(f"{'':20}→ {finding.advice}")
    if any(finding.state == BROKEN for finding in findings):
        raise SystemExit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    """All there is to find, part by part; a part that does not answer hides no other."""
    yield from _python()
    yield from _disk(settings)
    yield _secret(settings)
    yield _attempted("storage", lambda: _storage(settings), _storage_advice)
    yield _api(settings)
    broker = _attempted("broker", lambda: _reached(settings.broker_url), _redis_advice("CUTROOM_BROKER_URL"))
    reached = _attempted("redis", lambda: _reached(settings.redis_url), _redis_advice("CUTROOM_REDIS_URL"))
    yield from (broker, reached)
    if reached.state == OK:
        redis = connect(settings.redis_url)
        yield from _redis(redis)
        yield _entrance(settings, redis)
        yield from _company(redis)


def _settings() -> Settings:
    try:
        return load_settings()
    except AppError as error:
        raise click.ClickException(error.detail) from None


def _attempted(part: str, look: Callable[[], str], advise: Callable[[Exception], str]) -> Finding:
    try:
        return Finding(part, OK, look())
    # ValueError: a URL that is none, as redis-py puts it.
    except (AppError, RedisError, OSError, ValueError) as error:
        return Finding(part, BROKEN, str(error), advise(error))


def _storage_advice(error: Exception) -> str:
    if isinstance(error, OSError):
        return "let this user write to CUTROOM_DATA_DIR, or name another folder there"
    known = (advice for word, advice in _STORAGE_ADVICE if word in str(error))
    return next(known, "check CUTROOM_STORAGE_URL and CUTROOM_S3_…")


def _redis_advice(variable: str) -> Callable[[Exception], str]:
    def advise(error: Exception) -> str:
        # Redis says it in one of two ways, depending on whether a password came along.
        if isinstance(error, AuthenticationError) or "AUTH" in str(error):
            return f"put the right password into {variable}: redis://:password@host:6379/0"
        return f"start Redis (`cutroom up` brings one along), or set {variable} to where it is"

    return advise


def _python() -> Iterator[Finding]:
    yield Finding("python", OK, sys.version.split()[0])
    for extra, modules in _EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        if not missing:
            yield Finding("packages", OK, extra)
            continue
        state = WARNING if extra in _NEEDED else OK
        advice = f"on a machine that needs it: pip install 'cutroom[{extra}]'" if state == WARNING else ""
        yield Finding("packages", state, f"{extra} is not installed ({', '.join(missing)})", advice)


def _disk(settings: Settings) -> Iterator[Finding]:
    for name, folder in (("data_dir", settings.data_dir), ("model_cache", settings.model_cache.expanduser())):
        there = _existing(folder.resolve())
        free = shutil.disk_usage(there).free
        said = f"{free / 1e9:.1f} GB free for CUTROOM_{name.upper()}"
        if free < _LEAST_FREE_BYTES:
            yield Finding("disk", WARNING, said, f"make room on the disk of {there}")
        else:
            yield Finding("disk", OK, said)


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


def _secret(settings: Settings) -> Finding:
    """Signs the URLs of file storage; a server of objects signs its own."""
    if not settings.effective_storage_url.startswith("file:"):
        return Finding("secret", OK, "storage has its own")
    if settings.signing_secret is not None:
        return Finding("secret", OK, "CUTROOM_SIGNING_SECRET is set")
    try:
        _ = settings.effective_signing_secret
    except OSError as error:
        advice = "set CUTROOM_SIGNING_SECRET, or let this user write to CUTROOM_DATA_DIR"
        return Finding("secret", BROKEN, f"none, and none can be kept: {error}", advice)
    return Finding("secret", OK, f"kept in {settings.data_dir.resolve()}; other machines need the same")


def _entrance(settings: Settings, redis: Redis) -> Finding:
    """Who is let in."""
    if settings.auth == "off":
        return Finding("keys", OK, "CUTROOM_AUTH=off: everyone who reaches the API is let in")
    valid = sum(key.is_valid_at(time.time()) for key in RedisTenantStore(redis).all_keys())
    if valid:
        return Finding("keys", OK, f"{valid} are valid")
    return Finding("keys", BROKEN, "CUTROOM_AUTH=keys, and there is none", "cutroom keys create TENANT")


def _api(settings: Settings) -> Finding:
    """Not ours to call broken: it may run elsewhere, or not yet. Another program in its place is."""
    try:
        with CutroomClient(settings.base_url, timeout_seconds=_API_SECONDS) as client:
            answer = client.send("GET", "/healthz").json()
    except Unreachable as error:
        advice = "if it is to run here: `cutroom up`, or gunicorn --config api/gunicorn.conf.py api.wsgi:app"
        return Finding("api", WARNING, f"{settings.base_url} does not answer: {error}", advice)
    except (Refused, ValueError):
        answer = None
    if answer != {"status": "ok"}:
        advice = f"give it another port: CUTROOM_PORT={settings.port + 1}"
        return Finding("api", BROKEN, f"something else answers at {settings.base_url}", advice)
    return Finding("api", OK, f"answers at {settings.base_url}")


def _storage(settings: Settings) -> str:
    """Write, read and delete an object, as a job does."""
    objects, key = open_store(settings), f"doctor/{new_id('req')}"
    objects.put(key, io.BytesIO(b"cutroom"), content_type="application/octet-stream")
    try:
        if objects.open(key).read() != b"cutroom":
            raise OSError("storage answers with other bytes than were written")
        objects.presign_get(key, expires_in=timedelta(minutes=1), filename="x")
    finally:
        objects.delete(key)
    return f"an object was written, read and deleted ({urlsplit(settings.effective_storage_url).scheme})"


def _reached(url: str) -> str:
    connect(url).ping()
    return "answers"


def _redis(redis: Redis) -> Iterator[Finding]:
    try:
        # One by one: Redis 6, which the embedded one is, takes no list.
        config = {}
        for name in ("appendonly", "maxmemory-policy", "maxmemory"):
            config.update(redis.config_get(name))
        memory = redis.info("memory")
    except ResponseError:
        yield Finding("redis", WARNING, "does not show its settings", "see to it: AOF on, noeviction")
    else:
        yield _is(
            config,
            "appendonly",
            "yes",
            f"records are lost with a crash: CONFIG SET appendonly yes; {_LASTING}",
        )
        yield _is(
            config, "maxmemory-policy", "noeviction",
            f"records are thrown away when it is full: CONFIG SET maxmemory-policy noeviction; {_LASTING}",
        )  # fmt: skip
        yield _filled(int(memory["used_memory"]), int(memory["maxmemory"]))
    seconds, _ = redis.time()
    off = abs(time.time() - seconds)
    advice = "signed URLs will not be believed: run an NTP client here and there"
    yield Finding(
        "clock",
        *((OK, "agrees with Redis") if off <= _MOST_CLOCK_SECONDS else (BROKEN, f"{off:.0f} s off", advice)),
    )


def _is(config: Mapping[Any, Any], name: str, wanted: str, advice: str) -> Finding:
    said = f"{name} {config.get(name)}"
    return (
        Finding("redis", OK, said) if config.get(name) == wanted else Finding("redis", WARNING, said, advice)
    )


def _filled(used: int, limit: int) -> Finding:
    if not limit:
        return Finding(
            "redis",
            WARNING,
            "no maxmemory",
            f"set it below the machine's memory: CONFIG SET maxmemory 2gb; {_LASTING}",
        )
    said = f"{used / limit:.0%} of its memory is used"
    if used / limit > _MOST_MEMORY:
        return Finding("redis", WARNING, said, "raise maxmemory, or keep jobs for a shorter time")
    return Finding("redis", OK, said)


def _company(redis: Redis) -> Iterator[Finding]:
    workers = RedisFleet(redis, 1).alive()
    counts = {queue: sum(queue in worker.queues for worker in workers) for queue in QUEUES}
    yield from (Finding("workers", OK, f"{count} for {queue}") for queue, count in counts.items() if count)
    if unserved := [queue for queue, count in counts.items() if not count]:
        advice = f"start one: celery --app worker.main worker --queues {','.join(unserved)}"
        yield Finding("workers", BROKEN, f"none for {', '.join(unserved)}", advice)
    if workers:  # else nobody could say
        yield _weights(workers)
    yield _heard_of(redis, KEEPER, "ring")
    yield _heard_of(redis, FEEDER, "feed")
    late = Backlog.read(redis).late_seconds
    if late > _LATE_WEBHOOK_SECONDS:
        said = f"the first has been due for {late:.0f} s"
        yield Finding("webhooks", BROKEN, said, "start one: python -m worker.webhooks")
    else:
        yield Finding("webhooks", OK, "none is overdue")


def _heard_of(redis: Redis, process: str, duty: str) -> Finding:
    age = RedisPasses(redis, process).seconds_since().get(duty)
    if age is None or age > _SILENT_SECONDS:
        said = "never heard of" if age is None else f"silent for {age:.0f} s"
        return Finding(process, BROKEN, said, f"start one: python -m worker.{process}")
    return Finding(process, OK, f"heard of {age:.0f} s ago")


def _weights(workers: Sequence[WorkerFacts]) -> Finding:
    present = {name for worker in workers for name in worker.weights_present}
    networks = sorted(present & set(CARDS))
    if networks:
        return Finding(
            "weights", OK, f"of {len(networks)} networks; `cutroom models verify` hashes them again"
        )
    return Finding(
        "weights", WARNING, "no worker has any", "cutroom models pull imgly-medium, on each of them"
    )
