"""What an operator does with keys: hand out, revoke, replace."""

import time
from dataclasses import dataclass, replace

from shared.errors import NotFound
from shared.tenants.keys import KeyRecord, digest, new_key
from shared.tenants.store import TenantStore


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key that has just been made. The text exists nowhere else."""

    record: KeyRecord
    text: str


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a new key shall be."""

    tenant: str
    name: str
    is_read_only: bool = False
    expires_at: float | None = None


def issue(store: TenantStore, wish: KeyWish) -> IssuedKey:
    """Make a key and keep its hash."""
    key_id, text = new_key()
    record = KeyRecord(
        id=key_id,
        tenant=wish.tenant,
        name=wish.name,
        sha256=digest(text),
        created_at=time.time(),
        is_read_only=wish.is_read_only,
        expires_at=wish.expires_at,
    )
    store.add(record)
    return IssuedKey(record, text)


def revoke(store: TenantStore, key_id: str) -> KeyRecord:
    """End a key now. Raises NotFound."""
    record = known(store, key_id)
    if record.revoked_at is None:
        record = replace(record, revoked_at=time.time())
        store.add(record)
    return record


def rotate(store: TenantStore, key_id: str, overlap_seconds: float) -> IssuedKey:
    """A new key in place of an old one, which still works for a while. Raises NotFound."""
    old = known(store, key_id)
    new = issue(store, KeyWish(old.tenant, old.name, old.is_read_only, old.expires_at))
    ends_at = time.time() + overlap_seconds
    if old.expires_at is None or ends_at < old.expires_at:
        store.add(replace(old, expires_at=ends_at))
    return new


def known(store: TenantStore, key_id: str) -> KeyRecord:
    """The key of this id. Raises NotFound."""
    found = store.find(key_id)
    if found is None:
        raise NotFound(f"there is no key with the id {key_id}")
    return found.record
