"""Presence of workers in Redis: one expiring key each, and a set that names them.

Without the set one would have to look through all keys, which takes a tenth of a second for every 100,000 jobs kept.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import cast

from redis import Redis

from shared.fleet.port import WorkerFacts
from shared.records import translated

_NAMES = "workers"


class RedisFleet:
    """Fleet over Redis."""

    def __init__(self, redis: Redis, ttl_seconds: float) -> None:
        self._redis = redis
        self._ttl_ms = round(ttl_seconds * 1000)

    def announce(self, facts: WorkerFacts) -> None:
        with translated(), self._redis.pipeline(transaction=False) as each:
            each.sadd(_NAMES, facts.worker_id)
            each.set(_key(facts.worker_id), json.dumps(asdict(facts)), px=self._ttl_ms)
            each.execute()

    def alive(self) -> Sequence[WorkerFacts]:
        with translated():
            names = list(cast(set[str], self._redis.smembers(_NAMES)))
            texts = cast(list[str | None], self._redis.mget([_key(name) for name in names])) if names else []
            gone = [name for name, text in zip(names, texts, strict=True) if text is None]
            if gone:  # one that was only late names itself again with its next heartbeat
                self._redis.srem(_NAMES, *gone)
        return [_facts(text) for text in texts if text]


def _key(worker_id: str) -> str:
    return f"worker:{worker_id}"


def _facts(text: str) -> WorkerFacts:
    told = json.loads(text)
    # A worker of another version may say more than we know, while both are being replaced.
    lists = {field.name: tuple(told.get(field.name, ())) for field in fields(WorkerFacts)[1:]}
    return WorkerFacts(told["worker_id"], **lists)
