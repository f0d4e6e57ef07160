"""Being told that a job's record has changed: every script that raises its version publishes that (prelude.lua)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.client import PubSub

from shared.jobs.redis_store import job_key
from shared.records import translated

_UNTOLD_SECONDS = 1.0
"""Redis forgets what it could not tell: a connection that broke meanwhile costs a listener so much."""


class RedisChanges:
    """Changes over a subscription."""

    def __init__(self, told: PubSub) -> None:
        self._told = told

    def wait(self, seconds: float) -> None:
        """See Changes."""
        ends_at = time.monotonic() + min(seconds, _UNTOLD_SECONDS)
        while (left := ends_at - time.monotonic()) > 0:
            with translated():
                if self._told.get_message(timeout=left) is not None:
                    return


@contextmanager
def changes(redis: Redis, job_id: str) -> Iterator[RedisChanges]:
    """Listen to one job, on a connection of one's own. Raises StoreUnavailable."""
    told = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    try:
        with translated():
            told.subscribe(job_key(job_id))
            told.get_message(timeout=_UNTOLD_SECONDS)  # the confirmation: nothing is missed from now on
        yield RedisChanges(told)
    finally:
        told.close()
