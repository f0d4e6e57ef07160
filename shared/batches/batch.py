"""Batch, its states, and those of its lines."""

from dataclasses import dataclass
from enum import StrEnum


class BatchStatus(StrEnum):
    """Where a batch stands."""

    VALIDATING = "validating"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELING = "canceling"
    CANCELED = "canceled"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self not in (BatchStatus.VALIDATING, BatchStatus.RUNNING, BatchStatus.CANCELING)


class LineState(StrEnum):
    """Where a line stands: one letter of the batch's `lines` string (see lua/lines.lua)."""

    WAITING = "w"
    QUEUED = "q"
    RUNNING = "r"
    SUCCEEDED = "s"
    FAILED = "f"
    EXPIRED = "x"
    CANCELED = "c"
    INVALID = "i"


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line is not valid."""

    line: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as recorded. Times are Unix seconds by the store's clock."""

    id: str
    tenant: str
    status: BatchStatus
    created_at: float
    counts: dict[LineState, int]
    finished_at: float | None = None
    expires_at: float | None = None
    """None while it runs: it is kept for its retention from its end on."""
    request_id: str = ""
    stored_objects: int = 0
    """How many objects hold its lines, so far."""
    problems: tuple[LineProblem, ...] = ()
    """The first of the invalid lines."""
    version: int = 0
    """Grows with every change: the ETag."""

    @property
    def total(self) -> int:
        """All lines, the invalid too."""
        return sum(self.counts.values())

    def count(self, *states: LineState) -> int:
        """How many lines stand so."""
        return sum(self.counts.get(state, 0) for state in states)
