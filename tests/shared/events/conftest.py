"""Endpoints and deliveries on a Redis that lives in this process."""

import json
from collections.abc import Callable

import fakeredis
import pytest

from shared.events.deliveries import Lanes
from shared.events.endpoints import Endpoint
from shared.events.redis_deliveries import RedisDeliveryStore
from shared.events.redis_endpoints import RedisEndpointStore
from shared.spec.webhook import EventType

LANES = Lanes(lease_seconds=60, per_target=2, per_tenant=4)


@pytest.fixture
def endpoints(redis: fakeredis.FakeRedis) -> RedisEndpointStore:
    return RedisEndpointStore(redis)


@pytest.fixture
def deliveries(redis: fakeredis.FakeRedis) -> RedisDeliveryStore:
    return RedisDeliveryStore(redis)


@pytest.fixture
def listen(endpoints: RedisEndpointStore) -> Callable[..., str]:
    """Register an endpoint."""

    def listen(name: str = "whk_1", tenant: str = "local", *events: EventType) -> str:
        asked = events or (EventType.JOB_SUCCEEDED,)
        made = Endpoint(name, tenant, f"https://example.com/{name}", asked, "", True, 0)
        assert endpoints.create(made, f"whsec_{name}", 10)
        return name

    return listen


@pytest.fixture
def happen(redis: fakeredis.FakeRedis, deliveries: RedisDeliveryStore) -> Callable[..., None]:
    """Let something happen, and make deliveries of it."""

    def happen(
        subject: str = "job_1", tenant: str = "local", kind: EventType = EventType.JOB_SUCCEEDED
    ) -> None:
        event = {"type": kind, "tenant": tenant, "subject": subject, "at": "1000"}
        redis.rpush("events", json.dumps(event))
        assert deliveries.expand(10) == 1

    return happen
