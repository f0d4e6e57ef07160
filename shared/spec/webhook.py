"""Where a job's events are sent, and which."""

from enum import StrEnum
from typing import Literal

from pydantic import AnyHttpUrl, Field

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
