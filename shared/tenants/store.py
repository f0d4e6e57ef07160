"""The port to tenants' keys and limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.tenants.keys import KeyRecord


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """What a tenant may do in a minute: None is the server's own setting, 0 no limit."""

    requests_per_minute: int | None = None
    megapixels_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key, and the limits of whom it belongs to."""

    record: KeyRecord
    limits: TenantLimits


class TenantStore(Protocol):
    """Keys and limits. Every method raises StoreUnavailable when the store does not answer."""

    def add(self, record: KeyRecord) -> None:
        """Keep a new key, or what has changed of one."""

    def find(self, key_id: str) -> FoundKey | None:
        """What is known under a key's id."""

    def all_keys(self) -> Sequence[KeyRecord]:
        """All keys, the oldest first."""

    def limit(self, tenant: str, limits: TenantLimits) -> None:
        """Replace a tenant's limits."""
