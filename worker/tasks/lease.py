"""The leases this process holds, renewed by one thread; where a stage learns that it must stop."""

import time
from math import inf
from threading import Event, Lock, Thread

import structlog

from shared.errors import StoreUnavailable
from shared.jobs.job import Claim, LeaseState
from shared.jobs.store import JobStore
from worker.process import watchdog
from worker.tasks.company import Company

_log = structlog.get_logger(__name__)

_PUBLISH_SECONDS = 0.25
"""Progress is published at most so often: it is for eyes."""


class LeaseEnded(Exception):
    """The stage must stop: its job was cancelled, or its lease went to another worker."""


class Lease:
    """A claim while its stage runs; one that shows no progress for `deadline_seconds` is hung."""

    def __init__(self, jobs: JobStore, claim: Claim, deadline_seconds: float = inf) -> None:
        self.claim = claim
        self._jobs = jobs
        self._deadline_seconds = deadline_seconds
        self._state = LeaseState.HELD
        self._progress = 0.0
        self._published_at = self._moved_at = time.monotonic()
        self._is_done = False

    @property
    def is_hung(self) -> bool:
        """Whether the stage's work has stood still for too long."""
        return not self._is_done and time.monotonic() - self._moved_at > self._deadline_seconds

    def progress(self, fraction: float) -> None:
        """Say how far the stage is, 0..1. Raises LeaseEnded when there is no point in going on."""
        if self._state is not LeaseState.HELD:
            raise LeaseEnded(self._state)
        self._moved_at = time.monotonic()
        self._progress = fraction
        if time.monotonic() - self._published_at > _PUBLISH_SECONDS:
            self.renew()

    def work_done(self) -> None:
        """The work has ended, well or badly; what follows waits for the store and is bounded by itself."""
        self._is_done = True

    def renew(self) -> bool:
        """Prolong the lease; False when the store does not answer, which costs nothing yet: the lease outlives
        a few tries.
        """
        self._published_at = time.monotonic()
        try:
            self._state = self._jobs.renew(self.claim, self._progress)
        except StoreUnavailable:
            _log.warning("lease_not_renewed", job_id=self.claim.step.job_id, step=self.claim.step.name)
            return False
        return True


class Heartbeat:
    """Renews every lease of this process, and ends the process when a stage hangs or leases go unrenewed."""

    def __init__(self, every_seconds: float) -> None:
        self.company = Company()
        self._every_seconds = every_seconds
        self._leases: set[Lease] = set()
        self._lock = Lock()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def add(self, lease: Lease) -> None:
        """Begin to renew this lease."""
        with self._lock:
            self._leases.add(lease)

    def remove(self, lease: Lease) -> None:
        """Let this lease end."""
        with self._lock:
            self._leases.discard(lease)

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopped.wait(self._every_seconds):
                watchdog.feed(self._every_seconds)
                self._beat()
        except BaseException as error:  # noqa: BLE001  a worker that renews nothing works for nothing
            watchdog.end_process("the heartbeat died", error=repr(error))
        watchdog.rest()

    def _beat(self) -> None:
        with self._lock:
            leases = tuple(self._leases)
        for lease in leases:
            if lease.is_hung:
                step = lease.claim.step
                watchdog.end_process("a stage shows no progress", job_id=step.job_id, step=step.name)
        for lease in leases:
            if not lease.renew():
                return  # the others would wait as long each, and in vain
