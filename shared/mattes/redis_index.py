"""Known mattes in Redis: `matte:<tenant>:<photo>:<options>`, each gone when its job's files are."""

import json
import time
from typing import cast

from redis import Redis

from shared.jobs.results import Segmented
from shared.mattes.index import KnownMatte, MatteName
from shared.records import translated


class RedisMatteIndex:
    """MatteIndex over Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def find(self, name: MatteName) -> KnownMatte | None:
        """See MatteIndex."""
        with translated():
            text = cast(str | None, self._redis.get(_key(name)))
        if text is None:
            return None
        kept = json.loads(text)
        return KnownMatte(kept["job_id"], Segmented.model_validate(kept["made"]))

    def remember(self, names: tuple[MatteName, ...], known: KnownMatte, keep_until: float) -> None:
        """See MatteIndex."""
        seconds = int(keep_until - time.time())
        if seconds < 1:
            return
        text = json.dumps({"job_id": known.job_id, "made": known.made.model_dump(mode="json")})
        with translated(), self._redis.pipeline(transaction=False) as each:
            for name in names:
                each.set(_key(name), text, ex=seconds)
            each.execute()


def _key(name: MatteName) -> str:
    return f"matte:{name.tenant}:{name.sha256}:{name.options}"
