"""The port to the message queue."""

from typing import Protocol

from shared.jobs.job import Ring


class JobQueue(Protocol):
    """Doorbells of the stages."""

    def ring(self, ring: Ring) -> bool:
        """Ask some worker to look at a step; False when the queue did not take the message.

        A lost ring is no loss: the record is the truth, and the keeper rings again.
        """
