"""Interactive jobs while a batch runs, against the same jobs while nothing else does."""

import time
from statistics import median

import httpx

from benchmarks.publishing.percentile import percentile
from benchmarks.publishing.report import Row
from benchmarks.service.batch import batch_body, hand_in
from benchmarks.service.installation import Installation
from benchmarks.service.photos import jpeg
from benchmarks.service.sleeping_worker import INFERENCE_SECONDS

JOBS = 60


def beside_a_batch(here: Installation, lines: int) -> list[Row]:
    """One worker, a network that sleeps, one caller who waits for each job before he posts the next."""
    port = here.gunicorn("api.wsgi:app")
    here.worker("benchmarks.service.sleeping_worker")
    for process in ("worker.keeper", "worker.feeder"):
        here.start("python", "-m", process)
    with here.client(port) as client:
        _latencies(client, 5)
        idle = _latencies(client, JOBS)
        body = batch_body(client, lines, roi_px=(800, 600))
        started = time.perf_counter()
        batch = hand_in(client, body)
        accepted_seconds = time.perf_counter() - started
        busy = _latencies(client, JOBS)
        done = client.get(batch).json()["counts"]["succeeded"]
        client.post(f"{batch}/cancel")
    row = {
        "inference s": INFERENCE_SECONDS,
        "lines accepted in s": accepted_seconds,
        "lines done meanwhile": done,
        **{f"idle {name}": value for name, value in _figures(idle).items()},
        **{f"busy {name}": value for name, value in _figures(busy).items()},
    }
    allowed = 1.5 * percentile(idle, 0.95) + INFERENCE_SECONDS
    return [row | {"goal: busy p95 at most": allowed}]


def _figures(seconds: list[float]) -> Row:
    return {"median s": median(seconds), "p95 s": percentile(seconds, 0.95)}


def _latencies(client: httpx.Client, count: int) -> list[float]:
    """Seconds from posting a photo to its job's end."""
    found = []
    for number in range(count):
        # Each a new photo: of one that it has seen, the service would reuse the matte.
        photo = jpeg(800, 600, int(time.monotonic() * 1000) % 60_000 + number)
        started = time.perf_counter()
        answer = client.post("/v1/jobs", files={"image": photo}, headers={"Prefer": "wait=60"})
        assert answer.status_code == 200, answer.text
        found.append(time.perf_counter() - started)
    return found
