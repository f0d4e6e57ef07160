"""The leases this process holds, renewed by one thread; where a stage learns that it must stop."""

import time
from threading import Event, Lock, Thread

import structlog

from shared.errors import StoreUnavailable
from shared.jobs.job import Claim, LeaseState
from shared.jobs.store import JobStore

_log = structlog.get_logger(__name__)

_PUBLISH_SECONDS = 0.25
"""Progress is published at most so often: it is for eyes."""


class LeaseEnded(Exception):
    """The stage must stop: its job was cancelled, or its lease went to another worker."""


class Lease:
    """A claim while its stage runs."""

    def __init__(self, jobs: JobStore, claim: Claim) -> None:
        self.claim = claim
        self._jobs = jobs
        self._state = LeaseState.HELD
        self._progress = 0.0
        self._published_at = time.monotonic()

    def progress(self, fraction: float) -> None:
        """Say how far the stage is, 0..1. Raises LeaseEnded when there is no point in going on."""
        if self._state is not LeaseState.HELD:
            raise LeaseEnded(self._state)
        self._progress = fraction
        if time.monotonic() - self._published_at > _PUBLISH_SECONDS:
            self.renew()

    def renew(self) -> None:
        """Prolong the lease. A store that does not answer costs nothing yet: the lease outlives a few tries."""
        self._published_at = time.monotonic()
        try:
            self._state = self._jobs.renew(self.claim, self._progress)
        except StoreUnavailable:
            _log.warning("lease_not_renewed", job_id=self.claim.step.job_id, step=self.claim.step.name)


class Heartbeat:
    """Renews every lease of this process."""

    def __init__(self, every_seconds: float) -> None:
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
        while not self._stopped.wait(self._every_seconds):
            with self._lock:
                leases = tuple(self._leases)
            for lease in leases:
                lease.renew()
