"""Endpoints in Redis: a hash each, sorted by tenant; who listens at all is known to the outbox."""

import json
from collections.abc import Mapping, Sequence
from typing import cast

from redis import Redis

from shared.errors import NotFound
from shared.events.endpoints import Endpoint, EndpointChange
from shared.events.scripts import script
from shared.records import translated
from shared.spec.webhook import EventType


class RedisEndpointStore:
    """EndpointStore over Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._create, self._change = script(redis, "create"), script(redis, "change")
        self._delete, self._rotate = script(redis, "delete"), script(redis, "rotate")

    def create(self, endpoint: Endpoint, secret: str, limit: int) -> bool:
        """See EndpointStore."""
        fields = {
            "id": endpoint.id,
            "tenant": endpoint.tenant,
            "url": endpoint.url,
            "events": json.dumps(endpoint.events),
            "description": endpoint.description,
            "enabled": str(int(endpoint.is_enabled)),
            "secret": secret,
        }
        with translated():
            return bool(self._create(args=[endpoint.id, endpoint.tenant, limit, *_pairs(fields)]))

    def get(self, endpoint_id: str) -> Endpoint:
        """See EndpointStore."""
        with translated():
            fields = cast(dict[str, str], self._redis.hgetall(f"webhook:{endpoint_id}"))
        if not fields:
            raise NotFound(f"no endpoint {endpoint_id}")
        return endpoint_from_hash(fields)

    def of_tenant(self, tenant: str) -> Sequence[Endpoint]:
        """See EndpointStore."""
        with translated(), self._redis.pipeline(transaction=False) as reads:
            for endpoint_id in cast(list[str], self._redis.zrange(f"webhooks:{tenant}", 0, -1)):
                reads.hgetall(f"webhook:{endpoint_id}")
            return [endpoint_from_hash(fields) for fields in reads.execute() if fields]

    def change(self, endpoint_id: str, change: EndpointChange) -> None:
        """See EndpointStore."""
        fields: dict[str, str] = {}
        if change.url is not None:
            fields["url"] = change.url
        if change.events is not None:
            fields["events"] = json.dumps(change.events)
        if change.description is not None:
            fields["description"] = change.description
        if change.is_enabled is not None:
            fields["enabled"] = str(int(change.is_enabled))
        with translated():
            self._change(args=[endpoint_id, *_pairs(fields)])

    def delete(self, endpoint_id: str) -> None:
        """See EndpointStore."""
        with translated():
            self._delete(args=[endpoint_id])

    def rotate(self, endpoint_id: str, secret: str, overlap_seconds: float) -> None:
        """See EndpointStore."""
        with translated():
            self._rotate(args=[endpoint_id, secret, round(overlap_seconds * 1000)])

    def own_secret(self, tenant: str, proposal: str) -> str:
        """See EndpointStore."""
        key = f"webhooks:secret:{tenant}"
        with translated():
            self._redis.set(key, proposal, nx=True)
            return cast(str, self._redis.get(key))


def endpoint_from_hash(fields: Mapping[str, str]) -> Endpoint:
    """The endpoint that these fields record."""
    return Endpoint(
        id=fields["id"],
        tenant=fields["tenant"],
        url=fields["url"],
        events=tuple(EventType(name) for name in json.loads(fields["events"])),
        description=fields["description"],
        is_enabled=fields["enabled"] == "1",
        created_at=int(fields["created_at"]) / 1000,
        disabled_reason=fields.get("disabled_reason", ""),
        failing_since=int(fields["failing_since"]) / 1000 if "failing_since" in fields else None,
    )


def _pairs(fields: Mapping[str, str]) -> list[str]:
    return [item for pair in fields.items() for item in pair]
