"""Delivery: one event on its way to one endpoint, and the port to the record of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.spec.webhook import EventType

SCHEDULE_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Waits between the attempts: those of the Standard Webhooks specification."""


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, and what came of it."""

    at: float
    status_code: int | None
    """None when there was no answer."""
    latency_ms: int
    response: str
    """The answer's first kilobyte."""
    error: str
    """Why there was no answer, or why it does not count; empty on success."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as recorded. Times are Unix seconds by the store's clock."""

    id: str
    """Also its `webhook-id`: the same in every attempt and replay."""
    tenant: str
    endpoint_id: str
    """Empty for a job's own webhook."""
    type: EventType
    subject: str
    """The id of the job, batch or endpoint it tells of."""
    event_at: float
    status: DeliveryStatus
    next_attempt_at: float | None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery to be tried now, by whoever has taken it."""

    delivery: Delivery
    number: int
    """Of this attempt: the fence."""
    tries: int
    """Attempts that failed before, since the event or the last replay."""
    url: str
    secrets: tuple[str, ...]
    """To sign with: the newest first. Empty for a job's own webhook: see EndpointStore.own_secret."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """How much may be under way at once, so that nobody's slow endpoint holds up the others."""

    lease_seconds: float
    """A sender that is silent for so long has died: its deliveries are tried again."""
    per_target: int
    per_tenant: int


class Verdict(StrEnum):
    """What an attempt means for its delivery."""

    DELIVERED = "delivered"
    AGAIN = "again"
    GIVEN_UP = "given_up"
    GONE = "gone"
    """The endpoint wants no more: 410."""


class DeliveryStore(Protocol):
    """Delivery records. Every method raises StoreUnavailable when the store does not answer."""

    def is_due(self) -> bool:
        """Whether anything is to be expanded or taken: all that is asked while there is nothing to do."""

    def expand(self, limit: int) -> int:
        """Make deliveries of the oldest events in the outbox, to all who listen; returns how many events."""

    def take(self, limit: int, lanes: Lanes) -> Sequence[Outgoing]:
        """Deliveries that are due, at most one of a target, within the lanes."""

    def report(self, outgoing: Outgoing, attempt: Attempt, verdict: Verdict, delay_seconds: float) -> None:
        """Record what came of an attempt; nothing when somebody else has taken the delivery since."""

    def get(self, delivery_id: str) -> Delivery:
        """The delivery as it stands. Raises NotFound."""

    def page(self, endpoint_id: str, after: str, limit: int) -> Sequence[Delivery]:
        """An endpoint's deliveries, newest first, from behind the delivery `after` ("" is the beginning)."""

    def replay(self, delivery_id: str) -> bool:
        """Deliver it once more from now on, with the same id; False when there is none."""

    def test(self, endpoint_id: str) -> str:
        """Tell one endpoint of a `webhook.test`, even while it is disabled; returns the delivery's id."""
