"""The names of queues and tasks, which both sides use without importing each other."""

from enum import StrEnum

from shared.spec.job import Priority, Stage


class Lane(StrEnum):
    """What a stage mostly needs."""

    GPU = "gpu"
    CPU = "cpu"
    IO = "io"


LANES: dict[Stage, Lane] = {
    Stage.INGEST: Lane.IO,
    Stage.SEGMENT: Lane.GPU,
    Stage.UPSCALE: Lane.GPU,
    Stage.RENDER: Lane.CPU,
}


RUNG_AT = "rung_at"
"""A header of messages: when it was rung, in Unix seconds."""


def task_name(stage: Stage) -> str:
    """The Celery task that runs a stage."""
    return f"worker.{stage}"


def queue_name(lane: Lane, priority: Priority) -> str:
    """The queue of a lane and priority, as `gpu.interactive`."""
    return f"{lane}.{priority}"


def queue_of(stage: Stage, priority: Priority) -> str:
    """The queue that a stage of a job of this priority is rung in."""
    return queue_name(LANES[stage], priority)


# Interactive first: with queue_order_strategy=priority a worker empties its queues in this order.
QUEUES: tuple[str, ...] = tuple(queue_name(lane, priority) for priority in Priority for lane in Lane)

BULK_QUEUES = frozenset(queue_name(lane, Priority.BULK) for lane in Lane)
