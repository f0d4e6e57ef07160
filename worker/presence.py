"""This worker's heartbeat to the fleet."""

import os
import socket
from threading import Event, Thread

import structlog

from shared.errors import StoreUnavailable
from shared.fleet.port import Fleet, WorkerFacts
from worker.deps import Deps

_log = structlog.get_logger(__name__)


class Presence:
    """Says that the worker is alive, which queues it serves and which models it has."""

    def __init__(self, fleet: Fleet, deps: Deps) -> None:
        self._fleet = fleet
        self._deps = deps
        self._stopped = Event()
        self._worker_id = f"{socket.gethostname()}-{os.getpid()}"

    def start(self, queues: tuple[str, ...]) -> None:
        """Announce now and with each heartbeat, from a thread of its own."""
        Thread(target=self._run, args=(queues,), name="presence", daemon=True).start()

    def stop(self) -> None:
        """Fall silent; the fleet forgets this worker after three heartbeats."""
        self._stopped.set()

    def _run(self, queues: tuple[str, ...]) -> None:
        file = self._deps.settings.heartbeat_file
        while True:
            if file:  # also while Redis is down: that is no reason to restart a worker
                file.touch()
            try:
                self._fleet.announce(self._facts(queues))
            except StoreUnavailable:
                _log.warning("presence_not_announced")
            if self._stopped.wait(self._deps.settings.heartbeat_seconds):
                return

    def _facts(self, queues: tuple[str, ...]) -> WorkerFacts:
        segmenters, upscalers = self._deps.segmenters, self._deps.upscalers
        return WorkerFacts(
            self._worker_id,
            queues,
            weights_present=segmenters.present() + upscalers.present(),
            resident=segmenters.resident() + upscalers.resident(),
        )
