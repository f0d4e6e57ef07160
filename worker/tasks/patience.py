"""Work that says nothing while it lasts, and may last longer than a stage may stand still: fetching and converting
weights takes minutes for the largest networks.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from worker.tasks.lease import LeaseEnded
from worker.tasks.stage import Progress

_TICK_SECONDS = 5.0
_LONGEST_SECONDS = 3600.0
"""What has not come to an end by then stands still indeed."""


@contextmanager
def patiently(progress: Progress, fraction: float) -> Iterator[None]:
    """Let the stage count as moving while the block runs; a stage that must stop hears of it afterwards."""
    ended = Event()

    def tick() -> None:
        give_up = time.monotonic() + _LONGEST_SECONDS
        while not ended.wait(_TICK_SECONDS) and time.monotonic() < give_up:
            try:
                progress(fraction)
            except LeaseEnded:
                return

    thread = Thread(target=tick, name="patience", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
