"""What a job takes after thousands before it, all of which the store still holds."""

import time
from collections.abc import Iterator

from benchmarks.publishing.report import Row
from benchmarks.service.installation import Installation
from benchmarks.service.photos import jpeg
from benchmarks.service.submitting import Submitter

_POLITE_SECONDS = 0.01


def after_jobs(here: Installation, jobs: int, step: int) -> Iterator[Row]:
    """A row for every `step` of so many jobs of four pixels, one worker, a network that does nothing."""
    here.worker("benchmarks.service.sleeping_worker", SLEEP_SECONDS="0")
    here.start("python", "-m", "worker.keeper")
    submitter = Submitter(here)
    photo = submitter.kept(jpeg(2, 2))
    _seconds(submitter, photo, 50)  # warm
    for before in range(0, jobs, step):
        cpu = here.cpu_seconds()
        elapsed = _seconds(submitter, photo, step)
        yield {
            "jobs before": before,
            "ms a job": 1000 * elapsed / step,
            "processor ms a job": 1000 * (here.cpu_seconds() - cpu) / step,
        }


def _seconds(submitter: Submitter, photo, count: int) -> float:
    """From the first one handed in to the last one done."""
    wanted = submitter.finished() + count
    started = time.perf_counter()
    for _ in range(count):
        submitter.submit(photo)
    while submitter.finished() < wanted:
        time.sleep(_POLITE_SECONDS)
    return time.perf_counter() - started
