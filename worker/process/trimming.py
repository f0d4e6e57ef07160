"""Gives back to the system what glibc keeps: large arrays that several threads have freed leave holes behind."""

import time
from threading import Thread

from celery import signals

from shared import heap

EVERY_SECONDS = 10.0


def trim_worker(every_seconds: float = EVERY_SECONDS) -> None:
    """Trim again and again, in a thread of its own, once the Celery worker of this process is ready."""

    def run() -> None:
        while heap.give_back():
            time.sleep(every_seconds)

    def ready(**_: object) -> None:
        Thread(target=run, name="trimming", daemon=True).start()

    signals.worker_ready.connect(ready, weak=False)
