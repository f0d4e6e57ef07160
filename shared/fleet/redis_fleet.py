"""Presence of workers in Redis: one expiring key each."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from shared.errors import StoreUnavailable
from shared.fleet.port import WorkerFacts


class RedisFleet:
    """Fleet over Redis."""

    def __init__(self, redis: Redis, ttl_seconds: float) -> None:
        self._redis = redis
        self._ttl_ms = round(ttl_seconds * 1000)

    def announce(self, facts: WorkerFacts) -> None:
        try:
            self._redis.set(f"worker:{facts.worker_id}", json.dumps(asdict(facts)), px=self._ttl_ms)
        except RedisError as error:
            raise StoreUnavailable("the job store does not answer") from error

    def alive(self) -> Sequence[WorkerFacts]:
        try:
            keys = list(self._redis.scan_iter("worker:*", count=1000))
            texts = cast(list[str | None], self._redis.mget(keys)) if keys else []
        except RedisError as error:
            raise StoreUnavailable("the job store does not answer") from error
        return [_facts(text) for text in texts if text]


def _facts(text: str) -> WorkerFacts:
    told = json.loads(text)
    # A worker of another version may say more than we know, while both are being replaced.
    lists = {field.name: tuple(told.get(field.name, ())) for field in fields(WorkerFacts)[1:]}
    return WorkerFacts(told["worker_id"], **lists)
