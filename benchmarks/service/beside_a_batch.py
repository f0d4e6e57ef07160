"""Interactive jobs while a batch runs, against the same jobs while nothing else does."""

import json
import time
from statistics import median

import httpx

from benchmarks.publishing.report import Row
from benchmarks.service.installation import Installation
from benchmarks.service.load import percentile
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
        accepted_seconds, batch = _hand_in(client, lines)
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


def _hand_in(client: httpx.Client, lines: int) -> tuple[float, str]:
    """Seconds to accept a batch, and where it is. Its lines name one upload."""
    photo = jpeg(800, 600)
    upload = client.post("/v1/uploads", json={"content_type": "image/jpeg", "bytes": len(photo)}).json()
    client.put(upload["url"], content=photo, headers=upload["headers"]).raise_for_status()
    body = b"".join(_line(number, upload["id"]) for number in range(lines))
    started = time.perf_counter()
    answer = client.post("/v1/batches", content=body, headers={"Content-Type": "application/x-ndjson"})
    answer.raise_for_status()
    return time.perf_counter() - started, answer.headers["Location"]


def _line(number: int, upload_id: str) -> bytes:
    """Each looks at another part of the photo, so that none finds the matte of another."""
    roi = [number % 400, number // 400, 800, 600]
    return (
        json.dumps({"custom_id": str(number), "input": {"upload_id": upload_id}, "roi": roi}).encode() + b"\n"
    )
