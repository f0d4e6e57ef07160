"""kombu's transport over Redis, which builds a new client for every message: that took longer than sending it."""

from functools import cached_property
from typing import Any

from kombu.transport import redis


class KeepingChannel(redis.Channel):
    """A channel that keeps its client for as long as it lives; kombu opens another after an error."""

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]
        return self._kept_client

    @cached_property
    def _kept_client(self) -> Any:
        return super()._create_client()  # type: ignore[no-untyped-call]


class KeepingTransport(redis.Transport):
    """For publishers."""

    Channel = KeepingChannel
