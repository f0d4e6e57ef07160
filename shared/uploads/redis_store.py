"""Uploads in Redis: `upload:<id>` holds one as JSON, `uploads` sorts them by when they may go."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

from redis import Redis

from shared.records import translated
from shared.uploads.store import Upload

_BY_END = "uploads"


class RedisUploadStore:
    """UploadStore over Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def add(self, upload: Upload, keep_until: float) -> None:
        """See UploadStore."""
        with translated(), self._redis.pipeline(transaction=True) as both:
            both.set(_key(upload.id), json.dumps(asdict(upload)))
            both.zadd(_BY_END, {upload.id: keep_until})
            both.execute()

    def find(self, upload_id: str) -> Upload | None:
        """See UploadStore."""
        with translated():
            text = cast(str | None, self._redis.get(_key(upload_id)))
        return Upload(**json.loads(text)) if text else None

    def keep(self, upload_id: str, until: float) -> None:
        """See UploadStore."""
        with translated():
            self._redis.zadd(_BY_END, {upload_id: until}, xx=True, gt=True)

    def over(self, now: float, limit: int) -> Sequence[Upload]:
        """See UploadStore."""
        with translated():
            ids = cast(list[str], self._redis.zrangebyscore(_BY_END, "-inf", now, 0, limit))
            texts = cast(list[str | None], self._redis.mget([_key(one) for one in ids])) if ids else []
        return [Upload(**json.loads(text)) for text in texts if text]

    def forget(self, upload: Upload) -> None:
        """See UploadStore."""
        with translated(), self._redis.pipeline(transaction=True) as both:
            both.delete(_key(upload.id))
            both.zrem(_BY_END, upload.id)
            both.execute()


def _key(upload_id: str) -> str:
    return f"upload:{upload_id}"
