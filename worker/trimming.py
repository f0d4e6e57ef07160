"""Gives back to the system what glibc keeps: large arrays that several threads have freed leave holes behind."""

import ctypes
import sys
import time
from threading import Thread

from celery import signals

EVERY_SECONDS = 10.0


def trim() -> bool:
    """Give back the pages that hold nothing; False where this is not glibc."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        give_back = ctypes.CDLL(None).malloc_trim
    except AttributeError:  # musl gives back by itself
        return False
    give_back(ctypes.c_size_t(0))
    return True


def trim_worker(every_seconds: float = EVERY_SECONDS) -> None:
    """Trim again and again, in a thread of its own, once the Celery worker of this process is ready."""

    def run() -> None:
        while trim():
            time.sleep(every_seconds)

    def ready(**_: object) -> None:
        Thread(target=run, name="trimming", daemon=True).start()

    signals.worker_ready.connect(ready, weak=False)
