"""Being told that a job's record has changed: every script that raises its version publishes that (prelude.lua)."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from redis import Redis
from redis.client import PubSub
from redis.exceptions import RedisError

from shared.jobs.redis_store import job_key
from shared.records import translated

_UNTOLD_SECONDS = 1.0
"""Redis forgets what it could not tell: a connection that broke meanwhile costs a listener so much."""


class RedisChanges:
    """Changes over a subscription."""

    def __init__(self, told: PubSub, channel: str) -> None:
        self._told = told
        self._channel = channel

    def wait(self, seconds: float) -> bool:
        """See Changes."""
        return self._hear("message", min(seconds, _UNTOLD_SECONDS))

    def begin(self) -> None:
        """Subscribe, and wait for the confirmation: nothing is missed from then on."""
        with translated():
            self._told.subscribe(self._channel)
        self._hear("subscribe", _UNTOLD_SECONDS)

    def _hear(self, kind: str, seconds: float) -> bool:
        """Whether something of this kind is said within that time; what the last listener left is passed over."""
        ends_at = time.monotonic() + seconds
        while (left := ends_at - time.monotonic()) > 0:
            with translated():
                said = self._told.get_message(timeout=left)
            if said is not None and (said["type"], said["channel"]) == (kind, self._channel):
                return True
        return False


class Listening:
    """Connections to listen on, kept for the next listener: to open one takes four exchanges. Thread-safe."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._idle: list[PubSub] = []

    def to_changes(self, job_id: str) -> AbstractContextManager[RedisChanges]:
        """Hear of every change of a job. Raises StoreUnavailable."""
        return self._to(job_key(job_id))

    def to_end(self, job_id: str) -> AbstractContextManager[RedisChanges]:
        """Hear only of a job's end. Raises StoreUnavailable."""
        return self._to(f"{job_key(job_id)}:end")

    @contextmanager
    def _to(self, channel: str) -> Iterator[RedisChanges]:
        told = self._taken()
        try:
            changes = RedisChanges(told, channel)
            changes.begin()
            yield changes
        except BaseException:
            told.close()
            raise
        self._keep(told)

    def _taken(self) -> PubSub:
        try:
            return self._idle.pop()
        except IndexError:
            told: PubSub = self._redis.pubsub()  # type: ignore[no-untyped-call]
            return told

    def _keep(self, told: PubSub) -> None:
        try:
            told.unsubscribe()  # type: ignore[no-untyped-call]
        except RedisError:
            told.close()
        else:
            self._idle.append(told)
