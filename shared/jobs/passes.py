"""When the keeper last got through each of its duties: the alarm that rings when nobody rings."""

from collections.abc import Mapping
from typing import cast

from redis import Redis

from shared.records import translated

_KEY = "keeper"


class RedisPasses:
    """Passes in one hash, by the clock of Redis. Both methods raise StoreUnavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def report(self, duty: str) -> None:
        """This duty has just been done."""
        with translated():
            seconds, _ = self._redis.time()
            self._redis.hset(_KEY, duty, seconds)

    def seconds_since(self) -> Mapping[str, float]:
        """By duty; a duty that was never done is missing."""
        with translated():
            now, _ = self._redis.time()
            known = cast(dict[str, str], self._redis.hgetall(_KEY))
        return {duty: max(0, now - int(then)) for duty, then in known.items()}
