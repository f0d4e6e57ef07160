"""What we answer about endpoints and deliveries; no secret is among it."""

from shared.events.deliveries import Delivery, DeliveryStatus
from shared.events.endpoints import Endpoint
from shared.spec.webhook import EventType
from shared.views.base import Moment, View, moment


class EndpointView(View):
    """An endpoint that hears of events."""

    id: str
    url: str
    events: tuple[EventType, ...]
    description: str
    enabled: bool
    disabled_reason: str | None
    """Why it was disabled for you: `gone` (it answered 410) or `failing` (nothing arrived for five days)."""
    failing_since: Moment | None
    """Since when no delivery has succeeded."""
    created_at: Moment


class AttemptView(View):
    """One try of a delivery."""

    at: Moment
    status_code: int | None
    """What the endpoint answered; null when it did not."""
    latency_ms: int
    response: str
    """The answer's first kilobyte."""
    error: str | None
    """Why the try does not count; null on success."""


class DeliveryView(View):
    """An event on its way to an endpoint."""

    id: str
    """Sent as `webhook-id`, the same in every attempt and replay."""
    type: EventType
    subject: str
    """The id of the job, batch or endpoint it tells of."""
    timestamp: Moment
    """When it happened."""
    status: DeliveryStatus
    next_attempt_at: Moment | None
    attempts: tuple[AttemptView, ...]
    """The latest, oldest first."""


def endpoint_view(endpoint: Endpoint) -> EndpointView:
    """The webhook resource."""
    return EndpointView(
        id=endpoint.id,
        url=endpoint.url,
        events=endpoint.events,
        description=endpoint.description,
        enabled=endpoint.is_enabled,
        disabled_reason=endpoint.disabled_reason or None,
        failing_since=moment(endpoint.failing_since) if endpoint.failing_since is not None else None,
        created_at=moment(endpoint.created_at),
    )


def delivery_view(delivery: Delivery) -> DeliveryView:
    """The delivery resource."""
    attempts = [
        AttemptView(
            at=moment(attempt.at),
            status_code=attempt.status_code,
            latency_ms=attempt.latency_ms,
            response=attempt.response,
            error=attempt.error or None,
        )
        for attempt in delivery.attempts
    ]
    later = delivery.next_attempt_at
    return DeliveryView(
        id=delivery.id,
        type=delivery.type,
        subject=delivery.subject,
        timestamp=moment(delivery.event_at),
        status=delivery.status,
        next_attempt_at=moment(later) if later is not None else None,
        attempts=tuple(attempts),
    )
