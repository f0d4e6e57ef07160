"""Keys and limits in Redis: `key:<id>` and `tenant:<name>`, read together in one go."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from redis import Redis

from shared.records import translated
from shared.tenants.keys import KeyRecord
from shared.tenants.store import FoundKey, TenantLimits

_ALL = "keys"
_FIND = """
local fields = redis.call('HGETALL', KEYS[1])
if #fields == 0 then return {} end
return { fields, redis.call('HGETALL', 'tenant:' .. redis.call('HGET', KEYS[1], 'tenant')) }
"""


class RedisTenantStore:
    """TenantStore over Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._find = redis.register_script(_FIND)

    def add(self, record: KeyRecord) -> None:
        """See TenantStore."""
        fields = _hash({name: value for name, value in _fields(record).items() if value is not None})
        with translated(), self._redis.pipeline(transaction=True) as both:
            both.hset(_key(record.id), mapping=fields)
            both.zadd(_ALL, {record.id: record.created_at})
            both.execute()

    def find(self, key_id: str) -> FoundKey | None:
        """See TenantStore."""
        with translated():
            found = cast(list[list[str]], self._find(keys=[_key(key_id)]))
        if not found:
            return None
        record, limits = (dict(zip(flat[::2], flat[1::2], strict=True)) for flat in found)
        return FoundKey(_record(record), _limits(limits))

    def all_keys(self) -> Sequence[KeyRecord]:
        """See TenantStore."""
        with translated(), self._redis.pipeline(transaction=False) as all_of_them:
            for key_id in cast(list[str], self._redis.zrange(_ALL, 0, -1)):
                all_of_them.hgetall(_key(key_id))
            return [_record(fields) for fields in all_of_them.execute() if fields]

    def limit(self, tenant: str, limits: TenantLimits) -> None:
        """See TenantStore."""
        known = {
            "requests_per_minute": limits.requests_per_minute,
            "megapixels_per_minute": limits.megapixels_per_minute,
        }
        given = _hash({name: value for name, value in known.items() if value is not None})
        with translated(), self._redis.pipeline(transaction=True) as both:
            both.delete(f"tenant:{tenant}")
            if given:
                both.hset(f"tenant:{tenant}", mapping=given)
            both.execute()


def _key(key_id: str) -> str:
    return f"key:{key_id}"


def _hash(fields: Mapping[str, object]) -> dict[Any, Any]:
    """As redis-py's types want a mapping."""
    return {name: str(value) for name, value in fields.items()}


def _fields(record: KeyRecord) -> dict[str, str | float | int | None]:
    return {
        "id": record.id,
        "tenant": record.tenant,
        "name": record.name,
        "sha256": record.sha256,
        "created_at": record.created_at,
        "is_read_only": int(record.is_read_only),
        "expires_at": record.expires_at,
        "revoked_at": record.revoked_at,
    }


def _record(fields: Mapping[str, str]) -> KeyRecord:
    return KeyRecord(
        id=fields["id"],
        tenant=fields["tenant"],
        name=fields["name"],
        sha256=fields["sha256"],
        created_at=float(fields["created_at"]),
        is_read_only=fields["is_read_only"] == "1",
        expires_at=float(fields["expires_at"]) if "expires_at" in fields else None,
        revoked_at=float(fields["revoked_at"]) if "revoked_at" in fields else None,
    )


def _limits(fields: Mapping[str, str]) -> TenantLimits:
    return TenantLimits(**{name: int(value) for name, value in fields.items()})
