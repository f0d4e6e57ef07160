"""How often something can be done in a second, by callers who wait for each other's turn as a worker's threads do."""

import time
from collections.abc import Callable
from threading import Thread


def rate(work: Callable[[], object], seconds: float, callers: int = 1) -> float:
    """Times a second; `work` is done once by each caller first, uncounted."""
    _together(work, callers)
    done: list[float] = []

    def repeat() -> None:
        while time.perf_counter() - started < seconds:
            work()
            done.append(time.perf_counter())

    started = time.perf_counter()
    _together(repeat, callers)
    if not done:
        raise ValueError("there was no time for any")
    return len(done) / (max(done) - started)


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _together(work: Callable[[], object], callers: int) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  raised below, where somebody looks
            errors.append(error)

    threads = [Thread(target=run) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
