"""The port to the records of batches: counts and lines change in one atomic step, timed by the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.batches.batch import Batch, LineProblem
from shared.jobs.line import BatchLine


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A line whose turn has come."""

    line: BatchLine
    request_id: str


class BatchStore(Protocol):
    """Batch records. Every method raises StoreUnavailable when the store does not answer."""

    def begin(self, batch_id: str, tenant: str, request_id: str) -> None:
        """Record a batch whose lines are still being received."""

    def keep_receiving(self, batch_id: str, stored_objects: int) -> None:
        """Say that its sender is still there, and how many objects of lines are stored or about to be."""

    def accept(self, batch_id: str, states: str, problems: Sequence[LineProblem]) -> Batch:
        """All lines are stored: from now on they are fed. `states` has a letter for each line."""

    def discard(self, batch_id: str) -> bool:
        """Forget a batch that is still being received; False when it is not."""

    def get(self, batch_id: str) -> Batch:
        """The batch as it stands. Raises NotFound."""

    def page(self, tenant: str, after: str, limit: int) -> Sequence[Batch]:
        """A tenant's batches, newest first, from behind the batch `after` ("" is the beginning)."""

    def states(self, batch_id: str) -> str:
        """A letter for each line: see LineState."""

    def flagged(self, batch_id: str, flag: str) -> frozenset[int]:
        """The numbers of the lines whose result carries this quality flag."""

    def waiting(self, window: int, limit: int) -> Sequence[WaitingLine]:
        """Lines to be fed now: tenants and their batches take turns, none beyond its tenant's window."""

    def lose(self, line: BatchLine) -> None:
        """A waiting line that cannot be read has failed."""

    def cancel(self, batch_id: str) -> None:
        """No waiting line is fed any more; what is done stays. Idempotent."""

    def canceling(self) -> Sequence[str]:
        """Batches whose open jobs are still to be cancelled."""

    def retry_failed(self, batch_id: str) -> int:
        """Let the failed and expired lines wait again, with the invalid ones left; returns how many."""

    def interrupted(self, silent_seconds: float) -> Sequence[Batch]:
        """Batches that nobody sends any more; each is failed by this and will not come again."""

    def expired(self) -> Sequence[Batch]:
        """Batches whose time is over and whose lines are to be deleted; until `forget_lines`."""

    def forget_lines(self, batch_id: str) -> None:
        """The lines are gone; the batch itself answers `expired` for a while longer."""
