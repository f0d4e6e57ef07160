"""Whose the objects in storage are: the records in Redis that an object can belong to."""

from collections.abc import Iterable

from redis import Redis

from shared.ids import is_id
from shared.records import translated

_RECORDS = {"job": "job:", "upl": "upload:", "bat": "batch:"}


class RedisOwners:
    """Jobs, uploads and batches by id."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def absent(self, ids: Iterable[str]) -> frozenset[str]:
        """Those that no record is of; an id of another kind is nobody's business. Raises StoreUnavailable."""
        asked = [(one, _RECORDS[kind] + one) for one in ids for kind in _RECORDS if is_id(kind, one)]
        with translated(), self._redis.pipeline(transaction=False) as pipeline:
            for _, record in asked:
                pipeline.exists(record)
            found = pipeline.execute()
        return frozenset(one for (one, _), exists in zip(asked, found, strict=True) if not exists)
