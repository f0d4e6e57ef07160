"""The port to the workers' presence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """What a worker says of itself with each heartbeat."""

    worker_id: str
    queues: tuple[str, ...]
    """Queues it serves."""
    weights_present: tuple[str, ...] = ()
    """Models whose weights lie on its disk."""
    resident: tuple[str, ...] = ()
    """Models that are loaded."""
    parked: tuple[str, ...] = ()
    """Models that have left the device and wait in the host's memory."""


class Fleet(Protocol):
    """Presence of workers. Both methods raise StoreUnavailable when the store does not answer."""

    def announce(self, facts: WorkerFacts) -> None:
        """Say that this worker is alive; forgotten after a few missed heartbeats."""

    def alive(self) -> Sequence[WorkerFacts]:
        """The workers heard of lately."""
