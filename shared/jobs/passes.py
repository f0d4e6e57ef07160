"""When keeper and feeder last got through each of their duties: the alarm that rings when nobody rings."""

from collections.abc import Mapping
from typing import cast

from redis import Redis

from shared.records import translated

KEEPER, FEEDER = "keeper", "feeder"


class RedisPasses:
    """Passes of one kind of process in its hash, by the clock of Redis. Both methods raise StoreUnavailable."""

    def __init__(self, redis: Redis, process: str) -> None:
        self._redis = redis
        self._key = process

    def report(self, duty: str) -> None:
        """This duty has just been done."""
        with translated():
            seconds, _ = self._redis.time()
            self._redis.hset(self._key, duty, seconds)

    def seconds_since(self) -> Mapping[str, float]:
        """By duty; a duty that was never done is missing."""
        with translated():
            now, _ = self._redis.time()
            known = cast(dict[str, str], self._redis.hgetall(self._key))
        return {duty: max(0, now - int(then)) for duty, then in known.items()}
