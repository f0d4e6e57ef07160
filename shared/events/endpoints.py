"""Endpoint: where a tenant wants to hear of events; and the port to its record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.spec.webhook import EventType


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as recorded. Times are Unix seconds by the store's clock."""

    id: str
    tenant: str
    url: str
    events: tuple[EventType, ...]
    description: str
    is_enabled: bool
    created_at: float
    disabled_reason: str = ""
    """Why we have disabled it ourselves: `gone` (it answered 410) or `failing` (for five days)."""
    failing_since: float | None = None
    """Since when every delivery has failed."""


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """What of an endpoint is to be changed; None leaves a field as it is."""

    url: str | None = None
    events: tuple[EventType, ...] | None = None
    description: str | None = None
    is_enabled: bool | None = None


class EndpointStore(Protocol):
    """Endpoint records. Every method raises StoreUnavailable when the store does not answer."""

    def create(self, endpoint: Endpoint, secret: str, limit: int) -> bool:
        """Record a new endpoint; False when the tenant has `limit` of them already."""

    def get(self, endpoint_id: str) -> Endpoint:
        """The endpoint as it stands. Raises NotFound."""

    def of_tenant(self, tenant: str) -> Sequence[Endpoint]:
        """A tenant's endpoints, oldest first."""

    def change(self, endpoint_id: str, change: EndpointChange) -> None:
        """Change it; enabling it forgets why it was disabled and how long it failed."""

    def delete(self, endpoint_id: str) -> None:
        """Remove it; what was still to be delivered to it is dropped."""

    def rotate(self, endpoint_id: str, secret: str, overlap_seconds: float) -> None:
        """Sign with a new secret, and with the old one too while the overlap lasts."""

    def own_secret(self, tenant: str, proposal: str) -> str:
        """The secret that signs a tenant's one-off webhooks: the proposal, if there was none."""
