"""Named points of a stand-in process where a test may arm a fault by laying a file into a folder.

`claimed.render` holds what shall happen to whoever passes there next, once; `claimed.render@job_1` what happens to
that job each time. `hold` makes everybody wait before a claim, `duplicate` doubles every message, `full` fills the
disk. What passed an armed point stays as a file whose name says so: a fault is taken and written down by one rename,
so no other fault can kill the process in between.
"""

import errno
import os
import random
import secrets
import signal
import time
from pathlib import Path
from threading import Lock, current_thread

import structlog

from shared.jobs.job import Claim
from shared.storage import file as file_storage

HOLD_SECONDS = 60
"""Nobody is held for longer, whatever a test forgot."""
HANG_SECONDS = 120
_PASSED = "passed "
"""What the names of files about faults that happened begin with; time, a random number, point and job follow."""


class Points:
    """The armed points of one installation."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def arm(self, point: str, action: str) -> None:
        """Let `action` happen at `point`; a file appears with all of its content or not at all."""
        draft = self._folder / f".{secrets.token_hex(8)}"
        draft.write_text(action)
        draft.rename(self._folder / point)

    def disarm(self, point: str) -> None:
        (self._folder / point).unlink(missing_ok=True)

    def is_armed(self, point: str) -> bool:
        return (self._folder / point).exists()

    def clear(self) -> None:
        for path in self._folder.iterdir():
            path.unlink(missing_ok=True)

    def passed(self) -> list[tuple[str, str]]:
        """Point and job of every fault that happened, the first first."""
        names = sorted(path.name for path in self._folder.glob(f"{_PASSED}*"))
        return [tuple(name.split(" ")[-2:]) for name in names]

    def reach(self, point: str, job_id: str) -> None:
        """Do what is armed here, if anything."""
        passed = self._folder / f"{_PASSED}{time.time_ns()} {secrets.token_hex(4)} {point} {job_id}"
        action = self._taken(point, passed) or self._standing(f"{point}@{job_id}", passed)
        if action:
            act(action)

    def wait_while_held(self) -> None:
        give_up = time.monotonic() + HOLD_SECONDS
        while self.is_armed("hold") and time.monotonic() < give_up:
            time.sleep(0.02)

    def _taken(self, point: str, passed: Path) -> str | None:
        """What is armed for whoever comes next: a rename that only one can win."""
        try:
            (self._folder / point).rename(passed)
        except FileNotFoundError:
            return None
        return passed.read_text()

    def _standing(self, point: str, passed: Path) -> str | None:
        try:
            action = (self._folder / point).read_text()
        except FileNotFoundError:
            return None
        passed.write_text(action)
        return action


def act(action: str) -> None:
    """What the file says: at once, or after a moment in which others come to be at work."""
    match action:
        case "die late":
            time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGKILL)
        case "pause":
            time.sleep(0.4)
        case "slow":
            time.sleep(1.5)
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(HANG_SECONDS)
        case "hang":
            time.sleep(HANG_SECONDS)
        case "memory":
            raise MemoryError
        case "exit":
            raise SystemExit(3)
        case "interrupt":
            raise KeyboardInterrupt
        case "heartbeat":
            Heartbeats.broken = True
            time.sleep(HANG_SECONDS)  # holding the lease that the thread dies of
        case _:
            raise ValueError(action)


class Heartbeats:
    """Whether the thread that renews leases shall die of the next renewal."""

    broken = False


class WatchedStore:
    """A job store with a point behind each claim and around each commit."""

    def __init__(self, jobs, points: Points) -> None:
        self._jobs = jobs
        self._points = points

    def __getattr__(self, name):
        return getattr(self._jobs, name)

    def create(self, job_id, *args):
        made = self._jobs.create(job_id, *args)
        self._points.reach("created", job_id)
        return made

    def claim(self, step, **named):
        self._points.wait_while_held()
        claim = self._jobs.claim(step, **named)
        if isinstance(claim, Claim):
            self._points.reach(f"claimed.{step.stage}", step.job_id)
        return claim

    def renew(self, claim, progress):
        if Heartbeats.broken and current_thread().name == "heartbeat":  # a stage's own renewals are sound
            raise RuntimeError("a bug in the heartbeat")
        return self._jobs.renew(claim, progress)

    def commit(self, claim, *args):
        step = claim.step
        self._points.reach(f"stored.{step.stage}", step.job_id)
        rings = self._jobs.commit(claim, *args)
        self._points.reach(f"committed.{step.stage}", step.job_id)
        return rings


class WatchedQueue:
    """A queue with a point behind each ring, that doubles messages when told to."""

    def __init__(self, queue, points: Points) -> None:
        self._queue = queue
        self._points = points

    def ring(self, ring):
        rang = self._queue.ring(ring)
        if self._points.is_armed("duplicate"):
            for _ in range(2):
                self._queue.ring(ring)
        self._points.reach(f"rung.{ring.step.stage}", ring.step.job_id)
        return rang


class Disk:
    """Writes of file storage, which fail while `full` is armed: half of what was to be written is."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._write = file_storage._write
        self._lock = Lock()
        self._random = random.Random(7)

    def write(self, descriptor: int, content: bytes) -> None:
        if self._points.is_armed("full"):
            with self._lock:
                share = self._random.random()
            self._write(descriptor, content[: int(len(content) * share)])
            raise OSError(errno.ENOSPC, "made up")
        self._write(descriptor, content)


class WatchedModels:
    """Models with a point where inference begins: inside the stage, where the product must expect anything."""

    def __init__(self, models, points: Points, stage: str) -> None:
        self._models = models
        self._points = points
        self._stage = stage

    def __getattr__(self, name):
        return getattr(self._models, name)

    def get(self, name):
        context = structlog.contextvars.get_contextvars()
        self._points.reach(f"work.{self._stage}", context["job_id"])
        return self._models.get(name)


def watch_disk(points: Points) -> None:
    """Let the disk of this process be filled."""
    file_storage._write = Disk(points).write
