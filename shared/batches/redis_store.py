"""Batch records in Redis: a hash and a string of letters for each, changed by Lua only."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from redis import Redis

from shared.batches.batch import Batch, BatchStatus, LineProblem, LineState
from shared.batches.store import WaitingLine
from shared.errors import NotFound
from shared.jobs.line import BatchLine
from shared.records import translated

_SHARED = Path(__file__).parents[1]
_LUA = _SHARED / "batches" / "lua"
_PRELUDE = (_SHARED / "events/lua/outbox.lua", _LUA / "lines.lua", _LUA / "prelude.lua")

_EXPIRED_KEPT_SECONDS = 7 * 86_400
"""How long an expired batch still answers that it has."""


class RedisBatchStore:
    """BatchStore over Redis."""

    def __init__(self, redis: Redis, retention_seconds: int) -> None:
        self._redis = redis
        self._retention_ms = retention_seconds * 1000
        prelude = "".join(path.read_text() for path in _PRELUDE)

        def script(name: str) -> Callable[..., Any]:
            return redis.register_script(prelude + (_LUA / f"{name}.lua").read_text())

        self._begin, self._keep = script("begin"), script("keep")
        self._accept, self._discard = script("accept"), script("discard")
        self._waiting, self._lose = script("waiting"), script("lose")
        self._cancel, self._canceling = script("cancel"), script("canceling")
        self._retry, self._interrupted = script("retry"), script("interrupted")
        self._expired, self._forget = script("expired"), script("forget")

    def begin(self, batch_id: str, tenant: str, request_id: str) -> None:
        with translated():
            self._begin(keys=[_key(batch_id)], args=[batch_id, tenant, request_id, self._retention_ms])

    def keep_receiving(self, batch_id: str, stored_objects: int) -> None:
        with translated():
            self._keep(keys=[_key(batch_id)], args=[batch_id, stored_objects])

    def accept(self, batch_id: str, states: str, problems: Sequence[LineProblem]) -> Batch:
        listed = json.dumps([asdict(problem) for problem in problems])
        counts = [item for state in LineState for item in (f"n:{state}", states.count(state))]
        with translated():
            self._accept(keys=[_key(batch_id)], args=[batch_id, states, listed, *counts])
        return self.get(batch_id)

    def discard(self, batch_id: str) -> bool:
        with translated():
            return bool(self._discard(keys=[_key(batch_id)], args=[batch_id]))

    def get(self, batch_id: str) -> Batch:
        with translated():
            fields = cast(dict[str, str], self._redis.hgetall(_key(batch_id)))
        if not fields:
            raise NotFound(f"no batch {batch_id}")
        return _batch(fields)

    def page(self, tenant: str, after: str, limit: int) -> Sequence[Batch]:
        index = f"batches:{tenant}"
        with translated():
            rank = self._redis.zrevrank(index, after) if after else None
            first = 0 if rank is None else cast(int, rank) + 1
            ids = cast(list[str], self._redis.zrevrange(index, first, first + limit - 1))
            rows = self._all([_key(batch_id) for batch_id in ids])
            if gone := [batch_id for batch_id, fields in zip(ids, rows, strict=True) if not fields]:
                self._redis.zrem(index, *gone)
        return [_batch(fields) for fields in rows if fields]

    def states(self, batch_id: str) -> str:
        with translated():
            return cast(str, self._redis.get(f"{_key(batch_id)}:lines") or "")

    def flagged(self, batch_id: str, flag: str) -> frozenset[int]:
        with translated():
            members = cast(set[str], self._redis.smembers(f"{_key(batch_id)}:flag:{flag}"))
        return frozenset(int(member) for member in members)

    def waiting(self, window: int, limit: int) -> Sequence[WaitingLine]:
        with translated():
            rows = self._waiting(args=[window, limit])
        return [
            WaitingLine(BatchLine(batch_id, tenant, int(number)), request_id)
            for batch_id, tenant, number, request_id in rows
        ]

    def lose(self, line: BatchLine) -> None:
        with translated():
            self._lose(args=[line.batch_id, line.number])

    def cancel(self, batch_id: str) -> None:
        with translated():
            self._cancel(keys=[_key(batch_id)], args=[batch_id])

    def canceling(self) -> Sequence[str]:
        with translated():
            return cast(list[str], self._canceling())

    def retry_failed(self, batch_id: str) -> int:
        with translated():
            return cast(int, self._retry(keys=[_key(batch_id)], args=[batch_id]))

    def interrupted(self, silent_seconds: float) -> Sequence[Batch]:
        with translated():
            ids = self._interrupted(args=[round(silent_seconds * 1000)])
        return [self.get(batch_id) for batch_id in ids]

    def expired(self) -> Sequence[Batch]:
        with translated():
            rows = self._all([_key(batch_id) for batch_id in self._expired()])
        return [_batch(fields) for fields in rows if fields]

    def forget_lines(self, batch_id: str) -> None:
        with translated():
            self._forget(keys=[_key(batch_id)], args=[batch_id, _EXPIRED_KEPT_SECONDS])

    def _all(self, keys: Sequence[str]) -> list[dict[str, str]]:
        with self._redis.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hgetall(key)
            return cast(list[dict[str, str]], pipeline.execute())


def _key(batch_id: str) -> str:
    return f"batch:{batch_id}"


def _batch(fields: Mapping[str, str]) -> Batch:
    return Batch(
        id=fields["id"],
        tenant=fields["tenant"],
        status=BatchStatus(fields["status"]),
        created_at=int(fields["created_at"]) / 1000,
        counts={state: int(fields.get(f"n:{state}", 0)) for state in LineState},
        finished_at=_seconds(fields, "finished_at"),
        expires_at=_seconds(fields, "expires_at"),
        request_id=fields["request_id"],
        stored_objects=int(fields.get("objects", 0)),
        problems=tuple(LineProblem(**problem) for problem in json.loads(fields.get("problems", "[]"))),
        version=int(fields["version"]),
    )


def _seconds(fields: Mapping[str, str], name: str) -> float | None:
    return int(fields[name]) / 1000 if name in fields else None
