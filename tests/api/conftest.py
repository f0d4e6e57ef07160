"""The API over stores that live in this process."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import fakeredis
import pytest
import structlog
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from api.app import create_app
from api.deps import Deps
from shared.batches.lines import StoredLines
from shared.batches.redis_store import RedisBatchStore
from shared.events.redis_deliveries import RedisDeliveryStore
from shared.events.redis_endpoints import RedisEndpointStore
from shared.fleet.port import WorkerFacts
from shared.fleet.redis_fleet import RedisFleet
from shared.idempotency.redis_store import RedisIdempotencyStore
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.mattes.redis_index import RedisMatteIndex
from shared.metrics import Figures
from shared.queue.memory_queue import MemoryJobQueue
from shared.queue.names import QUEUES
from shared.settings import Settings
from shared.storage.memory import MemoryObjectStore
from shared.tenants.redis_store import RedisTenantStore
from shared.uploads.redis_store import RedisUploadStore
from tests.api.pictures import encoded
from tests.api.working_queue import WorkingQueue


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """No log lines: unconfigured, structlog prints to stdout, where the command line's own output goes."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture on disk."""
    path = tmp_path / "cat.png"
    path.write_bytes(encoded())
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path, signing_secret="in-memory", max_bytes=2_000_000, counters_url="memory://"
    )


@pytest.fixture
def queue() -> MemoryJobQueue:
    return MemoryJobQueue()


@pytest.fixture
def objects(settings: Settings) -> MemoryObjectStore:
    return MemoryObjectStore(settings.base_url, settings.effective_signing_secret)


@pytest.fixture
def jobs(redis: fakeredis.FakeRedis, settings: Settings) -> RedisJobStore:
    return RedisJobStore(redis, StoreTimes.of(settings))


@pytest.fixture
def deps(
    settings: Settings,
    jobs: RedisJobStore,
    objects: MemoryObjectStore,
    queue: MemoryJobQueue,
    redis: fakeredis.FakeRedis,
) -> Deps:
    fleet = RedisFleet(redis, 60)
    fleet.announce(WorkerFacts("one", QUEUES, weights_present=("imgly-medium",)))
    return Deps(
        settings=settings,
        jobs=jobs,
        objects=objects,
        queue=queue,
        fleet=fleet,
        archive=RedisJobArchive(redis, StoreTimes.of(settings)),
        tenants=RedisTenantStore(redis),
        answers=RedisIdempotencyStore(redis, settings.idempotency_seconds),
        uploads=RedisUploadStore(redis),
        mattes=RedisMatteIndex(redis),
        batches=RedisBatchStore(redis, settings.retention_seconds),
        lines=StoredLines(objects),
        endpoints=RedisEndpointStore(redis),
        deliveries=RedisDeliveryStore(redis),
        figures=Figures(redis, redis),
    )


@pytest.fixture
def client(deps: Deps) -> FlaskClient:
    return create_app(deps.settings, deps).test_client()


@pytest.fixture
def stored_keys(objects: MemoryObjectStore) -> Callable[[], list[str]]:
    """The keys in storage now."""
    return lambda: sorted(objects._objects)


@contextmanager
def serving(deps: Deps, port: int = 0) -> Iterator[tuple[str, int]]:
    """The API on a real socket."""
    server = make_server("127.0.0.1", port, create_app(deps.settings, deps), threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address(deps: Deps) -> Iterator[tuple[str, int]]:
    """Where the API listens; nobody works."""
    with serving(deps) as address:
        yield address


@pytest.fixture
def working_queue(deps: Deps) -> WorkingQueue:
    """Whoever rings it is served at once."""
    return WorkingQueue(deps.jobs)


@pytest.fixture
def working_url(deps: Deps, working_queue: WorkingQueue) -> Iterator[str]:
    """An API whose jobs are done as soon as they are posted."""
    port = free_port()
    settings = deps.settings.model_copy(update={"port": port})
    objects = MemoryObjectStore(settings.base_url, settings.effective_signing_secret)
    working_queue.objects = objects
    with serving(replace(deps, settings=settings, objects=objects, queue=working_queue), port):
        yield settings.base_url


def free_port() -> int:
    """A port nobody listens on: result URLs must name it before the server has it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
