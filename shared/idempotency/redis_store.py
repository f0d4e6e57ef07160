"""Answers in Redis: `once:<tenant>:<hash of the key>`, taken in one step, forgotten after a day."""

import hashlib
import json
import uuid
from dataclasses import asdict, replace

from redis import Redis

from shared.errors import IdempotencyInProgress, IdempotencyKeyReused
from shared.idempotency.port import Answered, Attempt, StoredAnswer, Taken
from shared.records import translated

LOCK_SECONDS = 15
"""How long a request that makes something is left alone. It may take longer: see the port."""

# ARGV: fingerprint, resource id, token, lock ms, kept ms. The clock is Redis's own.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HGET', KEYS[1], 'fingerprint')
if not known then
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'resource_id', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
elseif known ~= ARGV[1] then
  return { 'reused' }
end
local answer, locked, holder = unpack(redis.call('HMGET', KEYS[1], 'answer', 'locked_until', 'token'))
local resource_id = redis.call('HGET', KEYS[1], 'resource_id')
if answer then return { 'answered', resource_id, answer } end
-- The holder itself asks again when the first answer was lost with its connection.
if tonumber(locked or 0) > now and holder ~= ARGV[3] then return { 'busy' } end
redis.call('HSET', KEYS[1], 'locked_until', now + ARGV[4], 'token', ARGV[3])
return { known and 'again' or 'first', resource_id }
"""
_RELEASE = """
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return end
if ARGV[2] == '1' then redis.call('DEL', KEYS[1]) else redis.call('HDEL', KEYS[1], 'locked_until') end
"""


class RedisIdempotencyStore:
    """IdempotencyStore over Redis."""

    def __init__(self, redis: Redis, kept_seconds: int, lock_seconds: float = LOCK_SECONDS) -> None:
        self._redis = redis
        self._kept_ms = kept_seconds * 1000
        self._lock_ms = round(lock_seconds * 1000)
        self._take, self._release = redis.register_script(_TAKE), redis.register_script(_RELEASE)

    def take(self, attempt: Attempt) -> Taken | Answered:
        """See IdempotencyStore."""
        token = uuid.uuid4().hex
        times = (self._lock_ms, self._kept_ms)
        with translated():
            outcome, *found = self._take(
                keys=[_key(attempt)], args=[attempt.fingerprint, attempt.resource_id, token, *times]
            )
        if outcome == "reused":
            raise IdempotencyKeyReused("use another Idempotency-Key: this one belongs to a different request")
        if outcome == "busy":
            raise IdempotencyInProgress("ask again shortly for the first one's answer")
        if outcome == "answered":
            return Answered(found[0], StoredAnswer(**json.loads(found[1])))
        return Taken(replace(attempt, resource_id=found[0]), token, is_first=outcome == "first")

    def complete(self, taken: Taken, answer: StoredAnswer) -> None:
        """See IdempotencyStore."""
        attempt, key = taken.attempt, _key(taken.attempt)
        # All of it: the key may be over by now, and an answer without its request would be given to any other.
        with translated(), self._redis.pipeline(transaction=True) as both:
            both.hset(
                key,
                mapping={
                    "fingerprint": attempt.fingerprint,
                    "resource_id": attempt.resource_id,
                    "answer": json.dumps(asdict(answer)),
                },
            )
            both.pexpire(key, self._kept_ms)
            both.execute()

    def release(self, taken: Taken, *, forgets: bool) -> None:
        """See IdempotencyStore."""
        with translated():
            self._release(keys=[_key(taken.attempt)], args=[taken.token, int(forgets)])


def _key(attempt: Attempt) -> str:
    return f"once:{attempt.tenant}:{hashlib.sha256(attempt.key.encode()).hexdigest()}"
