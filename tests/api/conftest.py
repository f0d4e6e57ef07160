"""The API over stores that live in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import fakeredis
import pytest
from flask.testing import FlaskClient

from api.app import create_app
from api.deps import Deps
from shared.fleet.port import WorkerFacts
from shared.fleet.redis_fleet import RedisFleet
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.queue.memory_queue import MemoryJobQueue
from shared.queue.names import QUEUES
from shared.settings import Settings
from shared.storage.memory import MemoryObjectStore


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, signing_secret="in-memory", max_bytes=2_000_000)


@pytest.fixture
def redis_server() -> fakeredis.FakeServer:
    """Set `connected = False`, and Redis is down."""
    return fakeredis.FakeServer()


@pytest.fixture
def redis(redis_server: fakeredis.FakeServer) -> Iterator[fakeredis.FakeRedis]:
    connection = fakeredis.FakeRedis(server=redis_server, decode_responses=True)
    yield connection
    connection.close()


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
    return Deps(settings, jobs, objects, queue, fleet)


@pytest.fixture
def client(deps: Deps) -> FlaskClient:
    return create_app(deps.settings, deps).test_client()


@pytest.fixture
def stored_keys(objects: MemoryObjectStore) -> Callable[[], list[str]]:
    """The keys in storage now."""
    return lambda: sorted(objects._objects)
