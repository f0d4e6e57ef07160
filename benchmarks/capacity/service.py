"""The simulation against the service itself: one real worker, a network that sleeps, interactive jobs beside a batch.

python -m benchmarks.capacity.service

A batch keeps the worker busy; one caller posts a photo, waits for its end, and posts the next.
"""

import argparse
import time

import httpx

from benchmarks.capacity.planning import lasting
from benchmarks.capacity.simulation import Fleet, Load, simulate
from benchmarks.capacity.stages import StageSeconds
from benchmarks.publishing.percentile import percentile
from benchmarks.publishing.report import Row, report
from benchmarks.service.batch import batch_body, hand_in
from benchmarks.service.installation import Installation, installation
from benchmarks.service.photos import jpeg

INFERENCE_SECONDS = 0.5
"""Long, so that what surrounds it matters little."""


def main() -> None:
    """With one thread and with four."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=40, help="interactive ones, for each row [40]")
    jobs = parser.parse_args().jobs
    rows = [_row(threads, jobs) for threads in (1, 4)]
    report("capacity_service", "Interactive jobs beside a batch: the service, and the simulation of it", rows)


def _row(threads: int, jobs: int) -> Row:
    with installation() as here:
        alone, beside = _measured(here, threads, jobs)
    # What surrounds the network takes what it took when nothing else ran.
    around = max(0.0, percentile(alone, 0.5) - INFERENCE_SECONDS)
    photo = StageSeconds(0, INFERENCE_SECONDS, 0, 0, waiting=around / 2)
    load = Load(1 / INFERENCE_SECONDS, bulk_share=0.98, window=32)
    seen = simulate(load, Fleet(1, threads=threads), lambda _random: photo, seconds=10 * lasting(load))
    return {
        "threads": threads,
        "alone p50 s": percentile(alone, 0.5),
        "service p50 s": percentile(beside, 0.5),
        "simulated p50 s": percentile(seen.interactive, 0.5),
        "service p95 s": percentile(beside, 0.95),
        "simulated p95 s": percentile(seen.interactive, 0.95),
    }


def _measured(here: Installation, threads: int, jobs: int) -> tuple[list[float], list[float]]:
    port = here.gunicorn("api.wsgi:app")
    here.worker(
        "benchmarks.service.sleeping_worker",
        CUTROOM_WORKER_CONCURRENCY=str(threads),
        SLEEP_SECONDS=str(INFERENCE_SECONDS),
    )
    for process in ("worker.keeper", "worker.feeder"):
        here.start("python", "-m", process)
    with here.client(port) as client:
        alone = _latencies(client, 8)
        batch = hand_in(client, batch_body(client, 100 * jobs))
        time.sleep(10)
        beside = _latencies(client, jobs)
        client.post(f"{batch}/cancel")
    return alone, beside


def _latencies(client: httpx.Client, count: int) -> list[float]:
    """Seconds from posting a photo to its job's end."""
    found = []
    for number in range(count):
        # Each a new photo: of one that it has seen, the service would reuse the matte.
        photo = jpeg(320, 240, int(time.monotonic() * 1000) % 60_000 + number)
        started = time.perf_counter()
        client.post("/v1/jobs", files={"image": photo}, headers={"Prefer": "wait=60"}).raise_for_status()
        found.append(time.perf_counter() - started)
    return found


if __name__ == "__main__":
    main()
