"""What waits to be fed: the row of tenants and the rows of their batches (see lua/waiting.lua)."""

from dataclasses import dataclass
from typing import cast

from redis import Redis

from shared.batches.batch import LineState

_OPEN = (LineState.WAITING, LineState.QUEUED, LineState.RUNNING)


@dataclass(frozen=True, slots=True)
class Feeding:
    """Batches under way."""

    batches: int
    """With lines that have not ended."""
    lines: int
    """That no job was made of yet."""

    @classmethod
    def read(cls, redis: Redis) -> "Feeding":
        """As it stands. Raises RedisError."""
        with redis.pipeline(transaction=False) as reads:
            for tenant in cast(list[str], redis.zrange("feeding", 0, -1)):
                reads.zrange(f"feeding:{tenant}", 0, -1)
            ids = [batch_id for row in reads.execute() for batch_id in row]
            for batch_id in ids:
                reads.hmget(f"batch:{batch_id}", [f"n:{state}" for state in _OPEN])
            counts = [[int(count or 0) for count in row] for row in reads.execute()]
        return cls(batches=sum(any(row) for row in counts), lines=sum(waiting for waiting, *_ in counts))
