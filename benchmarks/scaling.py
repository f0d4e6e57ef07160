"""Jobs a second by worker processes, with a network that sleeps: simulated devices, real queue.

python -m benchmarks.scaling [--workers 1,2,4,16,64] [--seconds 2]

Each worker holds one device that takes so long for a picture, whatever the processor does. Linear means that N of
them do N times what one does; where the curve bends, this machine's cores are what is full, not the design: each job
costs them some milliseconds.
"""

import argparse
import time

from rich.progress import track

from benchmarks.publishing.drawing import draw
from benchmarks.publishing.report import RESULTS, Row, report
from benchmarks.service.installation import Installation, installation
from benchmarks.service.photos import jpeg
from benchmarks.service.submitting import Submitter

_JOBS_PER_WORKER = 10


def main() -> None:
    options = _options()
    rows: list[Row] = []
    with installation() as here:
        here.start("python", "-m", "worker.keeper")
        submitter, running = Submitter(here), 0
        for workers in track(options.workers, "workers"):
            _start(here, workers - running, options.seconds)
            running = workers
            _wait_for(here, workers)
            rate = _rate(submitter, workers)
            rows.append(
                {
                    "workers": workers,
                    "jobs/s": rate,
                    "of linear": rate / workers / rows[0]["jobs/s"] if rows else 1.0,
                }
            )
    report(
        "scaling",
        f"Jobs a second by workers, each with a device that takes {options.seconds:g} s a picture",
        rows,
    )
    line = {"measured": [(row["workers"], row["of linear"]) for row in rows]}
    draw(RESULTS / "scaling.svg", "Jobs a second, of linear", ("workers", "of linear"), line, 1.1)


def _start(here: Installation, count: int, seconds: float) -> None:
    for _ in range(count):
        here.worker(
            "benchmarks.service.sleeping_worker", SLEEP_SECONDS=str(seconds), CUTROOM_WORKER_CONCURRENCY="1"
        )


def _wait_for(here: Installation, workers: int) -> None:
    while sum(client["cmd"] == "brpop" for client in here.brokers.client_list()) < workers:
        time.sleep(0.2)
    time.sleep(3)  # what starting them has cost is over


def _rate(submitter: Submitter, workers: int) -> float:
    """Of jobs that are all handed in before it counts: from the first one's start to the last one's end."""
    photo, before = submitter.kept(jpeg(64, 64)), submitter.finished()
    jobs = [submitter.submit(photo) for _ in range(workers * _JOBS_PER_WORKER)]
    while submitter.finished() < before + len(jobs):
        time.sleep(0.2)
    records = [submitter.job(job_id) for job_id in jobs]
    return len(jobs) / (max(job.finished_at for job in records) - min(job.started_at for job in records))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--workers", type=lambda text: [int(one) for one in text.split(",")], default=[1, 2, 4, 16, 64]
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="of a device for a picture")
    return parser.parse_args()


if __name__ == "__main__":
    main()
