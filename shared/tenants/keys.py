"""API keys: `cut_live_<id>_<secret><checksum>`, of which only the id and a hash are ever stored.

The checksum finds a mistyped key without asking anyone, and lets scanners recognise a leaked one. The secret has
178 random bits, so a plain SHA-256 is enough: there is nothing to guess.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass

from shared.errors import KeyExpired, KeyMalformed, KeyRevoked, KeyUnknown

_PREFIX = "cut_live_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_LENGTH, _SECRET_LENGTH, _CHECKSUM_LENGTH = 12, 30, 6
_SHAPE = re.compile(
    rf"({_PREFIX}([0-9A-Za-z]{{{_ID_LENGTH}}})_[0-9A-Za-z]{{{_SECRET_LENGTH}}})([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})"
)
_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is kept of a key. Times are Unix seconds."""

    id: str
    """Its public part, which may be shown and logged."""
    tenant: str
    name: str
    """What its owner calls it."""
    sha256: str
    created_at: float
    is_read_only: bool = False
    """May look at things, but not make, change or delete any."""
    expires_at: float | None = None
    revoked_at: float | None = None

    @property
    def visible(self) -> str:
        """What may be shown of the key."""
        return f"{_PREFIX}{self.id}_…"

    def is_valid_at(self, moment: float) -> bool:
        """Whether whoever shows it then is let in."""
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)


def new_key() -> tuple[str, str]:
    """A key's id, and the whole key, which is shown once."""
    key_id = _random(_ID_LENGTH)
    body = f"{_PREFIX}{key_id}_{_random(_SECRET_LENGTH)}"
    return key_id, body + _checksum(body)


def id_of(key: str) -> str:
    """The id in a key. Raises KeyMalformed for a key that was mistyped or cut off."""
    found = _SHAPE.fullmatch(key)
    if found is None or _checksum(found[1]) != found[3]:
        raise KeyMalformed(f"a key looks like {_PREFIX}… and has {len(_PREFIX) + 49} characters")
    return found[2]


def digest(key: str) -> str:
    """What is stored in place of the key."""
    return hashlib.sha256(key.encode()).hexdigest()


def check_key(key: str, record: KeyRecord | None, now: float) -> KeyRecord:
    """The record, if the key is its own and valid. Raises KeyUnknown, KeyRevoked or KeyExpired.

    Only who has the whole key learns that it was revoked or has expired.
    """
    stored = record.sha256 if record else digest("")
    if not hmac.compare_digest(stored, digest(key)) or record is None:
        raise KeyUnknown("there is no such key on this server")
    if record.revoked_at is not None:
        raise KeyRevoked("this key has been revoked; use another")
    if not record.is_valid_at(now):
        raise KeyExpired("this key has expired; use another")
    return record


def is_tenant(name: str) -> bool:
    """Whether a tenant may be called so: it becomes a part of storage keys."""
    return _TENANT.fullmatch(name) is not None


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[rest] + digits
    return digits
