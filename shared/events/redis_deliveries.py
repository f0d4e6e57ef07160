"""Deliveries in Redis: a hash each; a row per target, so that one target's backlog is nobody else's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import cast

from redis import Redis

from shared.errors import NotFound
from shared.events.deliveries import Attempt, Delivery, DeliveryStatus, Lanes, Outgoing, Verdict
from shared.events.scripts import script
from shared.ids import new_id
from shared.records import translated
from shared.spec.webhook import EventType

DISABLE_AFTER_SECONDS = 5 * 86_400
"""An endpoint that has only failed for so long is disabled."""

_SHOWN_ATTEMPTS = 20


class RedisDeliveryStore:
    """DeliveryStore over Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._expand, self._take, self._report = (
            script(redis, name) for name in ("expand", "take", "report")
        )
        self._replay, self._test = script(redis, "replay"), script(redis, "test")
        self._due = script(redis, "due")

    def is_due(self) -> bool:
        """See DeliveryStore."""
        with translated():
            return bool(self._due())

    def expand(self, limit: int) -> int:
        """See DeliveryStore."""
        with translated():
            if not self._redis.exists("events"):
                return 0
            ids = [new_id("dlv") for _ in range(4 * limit + 101)]
            return cast(int, self._expand(args=[limit, *ids]))

    def take(self, limit: int, lanes: Lanes) -> Sequence[Outgoing]:
        """See DeliveryStore."""
        args = [limit, round(lanes.lease_seconds * 1000), lanes.per_target, lanes.per_tenant]
        with translated():
            rows = self._take(args=args)
        return [_outgoing(_dict(delivery), _dict(endpoint), int(now)) for delivery, endpoint, now in rows]

    def report(self, outgoing: Outgoing, attempt: Attempt, verdict: Verdict, delay_seconds: float) -> None:
        """See DeliveryStore."""
        args = [
            outgoing.delivery.id, outgoing.number, json.dumps(asdict(attempt)), str(verdict),
            round(delay_seconds * 1000), DISABLE_AFTER_SECONDS * 1000,
        ]  # fmt: skip
        with translated():
            self._report(args=args)

    def get(self, delivery_id: str) -> Delivery:
        """See DeliveryStore."""
        with translated():
            fields = cast(dict[str, str], self._redis.hgetall(f"delivery:{delivery_id}"))
        if not fields:
            raise NotFound(f"no delivery {delivery_id}")
        return _delivery(fields)

    def page(self, endpoint_id: str, after: str, limit: int) -> Sequence[Delivery]:
        """See DeliveryStore."""
        log = f"deliveries:{endpoint_id}"
        with translated(), self._redis.pipeline(transaction=False) as reads:
            rank = self._redis.zrevrank(log, after) if after else None
            first = 0 if rank is None else cast(int, rank) + 1
            for delivery_id in cast(list[str], self._redis.zrevrange(log, first, first + limit - 1)):
                reads.hgetall(f"delivery:{delivery_id}")
            return [_delivery(fields) for fields in reads.execute() if fields]

    def replay(self, delivery_id: str) -> bool:
        """See DeliveryStore."""
        with translated():
            return bool(self._replay(args=[delivery_id]))

    def test(self, endpoint_id: str) -> str:
        """See DeliveryStore."""
        delivery_id = new_id("dlv")
        with translated():
            if not self._test(args=[delivery_id, endpoint_id]):
                raise NotFound(f"no endpoint {endpoint_id}")
        return delivery_id


def _outgoing(fields: Mapping[str, str], endpoint: Mapping[str, str], now_ms: int) -> Outgoing:
    is_old_valid = int(endpoint.get("old_secret_until", 0)) > now_ms
    secrets = (endpoint.get("secret"), endpoint.get("old_secret") if is_old_valid else None)
    return Outgoing(
        delivery=_delivery(fields),
        number=int(fields["attempts"]),
        tries=int(fields["tries"]),
        url=endpoint.get("url") or fields["url"],
        secrets=tuple(secret for secret in secrets if secret),
    )


def _delivery(fields: Mapping[str, str]) -> Delivery:
    last = int(fields["attempts"])
    numbers = range(max(last - _SHOWN_ATTEMPTS, 0) + 1, last + 1)
    attempts = [fields[f"attempt:{number}"] for number in numbers if f"attempt:{number}" in fields]
    return Delivery(
        id=fields["id"],
        tenant=fields["tenant"],
        endpoint_id=fields["endpoint"],
        type=EventType(fields["type"]),
        subject=fields["subject"],
        event_at=int(fields["event_at"]) / 1000,
        status=DeliveryStatus(fields["status"]),
        next_attempt_at=int(fields["next_at"]) / 1000 if "next_at" in fields else None,
        attempts=tuple(Attempt(**json.loads(text)) for text in attempts),
    )


def _dict(flat: Sequence[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
