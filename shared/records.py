"""The Redis that all records live in: a client of it, and its errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

from shared.errors import StoreUnavailable


def connect(url: str) -> Redis:
    """A Redis client that gives up within seconds rather than hang (RELIABILITY: a frozen server)."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=2,
        socket_connect_timeout=1,
        health_check_interval=10,
        # A dropped connection is worth another try, a silent server is not: redis-py nests its retries (of the
        # command, of connecting, of the handshake), and a frozen server cost 19 s where this costs 2.
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), 2, supported_errors=(RedisConnectionError,)),
    )


@contextmanager
def translated() -> Iterator[None]:
    """StoreUnavailable for whatever Redis raises."""
    try:
        yield
    except RedisError as error:
        raise StoreUnavailable("the job store does not answer; try again shortly") from error
