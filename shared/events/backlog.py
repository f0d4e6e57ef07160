"""What waits to be sent: the outbox of events, and the deliveries made of them (see lua/prelude.lua)."""

import json
from dataclasses import dataclass
from typing import cast

from redis import Redis


@dataclass(frozen=True, slots=True)
class Backlog:
    """Webhooks that wait."""

    events: int
    """That no delivery was made of yet."""
    deliveries: int
    """That wait for an attempt, or are under way."""
    late_seconds: float
    """How long the first of both has been due; 0 when none is."""

    @classmethod
    def read(cls, redis: Redis) -> "Backlog":
        """As it stands. Raises RedisError."""
        targets = cast(list[tuple[str, float]], redis.zrange("targets", 0, -1, withscores=True))
        with redis.pipeline(transaction=False) as reads:
            for target, _ in targets:
                reads.zcard(f"outgoing:{target}")
            deliveries = sum(reads.execute())
        first = cast(str | None, redis.lindex("events", 0))
        due = [score / 1000 for _, score in targets[:1]]
        due += [int(json.loads(first)["at"]) / 1000] if first else []
        seconds, microseconds = redis.time()
        late = max(0.0, seconds + microseconds / 1e6 - min(due)) if due else 0.0
        return cls(redis.llen("events"), deliveries, late)
