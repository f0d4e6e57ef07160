"""One pass of the feeder: waiting lines become jobs, cancelled batches lose theirs, old batches their lines.

Any number of feeders may run: a line becomes a job in one atomic step that looks whether it still waits.
"""

from dataclasses import dataclass

import structlog

from shared.batches.batch import Batch
from shared.batches.canceling import cancel_open_jobs
from shared.batches.lines import StoredLines, objects_of
from shared.batches.store import BatchStore, WaitingLine
from shared.errors import InternalError, NotFound, StorageUnavailable
from shared.jobs.store import JobStore
from shared.queue.port import JobQueue

_log = structlog.get_logger(__name__)

_PAGE = 200
"""Lines a pass feeds at most, so that cancelling and newcomers never wait long."""

_SILENT_SECONDS = 120.0
"""A sender of lines that was not heard of for so long is gone, or the API that listened to it."""


@dataclass(frozen=True, slots=True)
class Feeder:
    """What a pass works with."""

    batches: BatchStore
    lines: StoredLines
    jobs: JobStore
    queue: JobQueue
    window: int
    """How many jobs of one tenant's batches are open at once."""

    def feed(self) -> int:
        """Feed the lines whose turn has come; returns how many were fed. Raises StoreUnavailable."""
        return sum(self._feed_line(waiting) for waiting in self.batches.waiting(self.window, _PAGE))

    def tidy(self) -> None:
        """Cancel, give up and delete what is to be. Raises StoreUnavailable, StorageUnavailable."""
        for batch_id in self.batches.canceling():
            cancel_open_jobs(self.batches, self.jobs, batch_id, self.batches.get(batch_id).tenant)
        for batch in self.batches.interrupted(_SILENT_SECONDS):
            _log.warning("batch_interrupted", batch_id=batch.id)
        for batch in self.batches.expired():
            self.lines.delete(batch.tenant, batch.id, _stored_objects(batch))
            self.batches.forget_lines(batch.id)
            _log.info("batch_expired", batch_id=batch.id)

    def _feed_line(self, waiting: WaitingLine) -> bool:
        """Whether the line waits no more; one that cannot be read holds up no other."""
        line = waiting.line
        try:
            spec = self.lines.line(line.tenant, line.batch_id, line.number).spec
        except StorageUnavailable:
            _log.warning("line_postponed", batch_id=line.batch_id, line=line.number)
            return False
        except (NotFound, InternalError) as error:
            _log.error("line_lost", batch_id=line.batch_id, line=line.number, reason=error.detail)
            self.batches.lose(line)
            return True
        for ring in self.jobs.create_for_line(line, spec, waiting.request_id):
            self.queue.ring(ring)
        return True


def _stored_objects(batch: Batch) -> int:
    return max(batch.stored_objects, objects_of(batch.total))
