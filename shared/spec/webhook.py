"""Where a job's events are sent, and which."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, Field, StringConstraints

from shared.spec.base import Spec


class EventType(StrEnum):
    """What the outside can hear of."""

    JOB_STARTED = "job.started"
    JOB_SUCCEEDED = "job.succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELED = "job.canceled"
    JOB_EXPIRED = "job.expired"
    BATCH_COMPLETED = "batch.completed"
    WEBHOOK_TEST = "webhook.test"


JobEvent = Literal[
    EventType.JOB_STARTED,
    EventType.JOB_SUCCEEDED,
    EventType.JOB_FAILED,
    EventType.JOB_CANCELED,
    EventType.JOB_EXPIRED,
]


class WebhookSpec(Spec):
    """An endpoint for this job alone."""

    url: AnyHttpUrl
    """https address; checked now and at each delivery."""
    events: tuple[JobEvent, ...] = Field(
        default=(EventType.JOB_SUCCEEDED, EventType.JOB_FAILED), min_length=1, max_length=10
    )
    """Which of the job's events are sent there."""


EndpointEvent = Literal[JobEvent, EventType.BATCH_COMPLETED]
Description = Annotated[str, StringConstraints(max_length=500)]


ALL_ENDED: tuple[EndpointEvent, ...] = (
    EventType.JOB_SUCCEEDED,
    EventType.JOB_FAILED,
    EventType.JOB_CANCELED,
    EventType.JOB_EXPIRED,
    EventType.BATCH_COMPLETED,
)


class EndpointSpec(Spec):
    """An endpoint for a tenant's events."""

    url: AnyHttpUrl
    """https address; checked now and at each delivery."""
    events: tuple[EndpointEvent, ...] = Field(default=ALL_ENDED, min_length=1, max_length=10)
    """Which events are sent there; left out: the end of every job and batch."""
    description: Description = ""
    """Yours."""
    enabled: bool = True
    """Whether anything is sent."""


class EndpointChangeSpec(Spec):
    """What of an endpoint is to be changed; what is left out stays."""

    url: AnyHttpUrl | None = None
    """https address."""
    events: tuple[EndpointEvent, ...] | None = Field(default=None, min_length=1, max_length=10)
    """Which events are sent there."""
    description: Description | None = None
    """Yours."""
    enabled: bool | None = None
    """Whether anything is sent; enabling it forgets how long it failed."""
