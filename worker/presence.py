"""This worker's heartbeat to the fleet."""

import os
import socket
import time
from threading import Event, Thread
from typing import Any

import structlog

from shared.errors import StoreUnavailable
from shared.fleet.port import WorkerFacts
from worker.deps import Deps
from worker.models import Models

_log = structlog.get_logger(__name__)


class Presence:
    """Says that the worker is alive, which queues it serves and which models it has."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._stopping = Event()
        self._worker_id = f"{socket.gethostname()}-{os.getpid()}"

    def start(self, queues: tuple[str, ...]) -> None:
        """Announce now and with each heartbeat, from a thread of its own."""
        Thread(target=self._run, args=(queues,), name="presence", daemon=True).start()

    def stop(self) -> None:
        """Take no more work: the fleet forgets this worker after three heartbeats."""
        self._stopping.set()

    def _run(self, queues: tuple[str, ...]) -> None:
        while True:
            self.beat(queues)
            time.sleep(self._deps.settings.heartbeat_seconds)

    def beat(self, queues: tuple[str, ...]) -> None:
        """One heartbeat: the file for a probe, and the fleet unless the worker is stopping."""
        # The file also while Redis is down, and while the last stages end: no reason to restart a worker.
        if self._deps.settings.heartbeat_file:
            self._deps.settings.heartbeat_file.touch()
        if self._stopping.is_set():
            return
        try:
            self._deps.fleet.announce(self._facts(queues))
        except StoreUnavailable:
            _log.warning("presence_not_announced")

    def _facts(self, queues: tuple[str, ...]) -> WorkerFacts:
        shelves: tuple[Models[Any], ...] = (self._deps.segmenters, self._deps.matting, self._deps.upscalers)
        return WorkerFacts(
            self._worker_id,
            queues,
            weights_present=tuple(name for shelf in shelves for name in shelf.present()),
            resident=tuple(name for shelf in shelves for name in shelf.resident()),
            parked=tuple(name for shelf in shelves for name in shelf.resident(parked=True)),
        )
