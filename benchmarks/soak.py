"""Whether memory stays flat over thousands of jobs: every process of an installation, sampled while they run.

python -m benchmarks.soak --jobs 2000 [--redis-server /usr/bin/redis-server] [--write]

Real Redis, gunicorn, Celery worker, keeper and webhook sender; the networks are the small ones of the fault suite,
so what is measured is everything around them. A hundred jobs begin at fixed times, however fast the machine is just
now, so that as many are kept whenever it is measured. Between two rounds everything comes to rest and is weighed each
second, and the least of that counts: what is at work, or will be given back in a moment, is no leak. The first half
fills caches and allocators; the slope is that of a line through the second half's measurements, as a share of their
mean, over the length of that half.
"""

import argparse
import io
import json
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import linear_regression, mean
from tempfile import TemporaryDirectory
from threading import Event, Thread

import httpx
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.publishing.drawing import draw
from benchmarks.publishing.machine import describe
from benchmarks.publishing.report import Row, show
from benchmarks.service.memory import resident_bytes
from tests.integration.stack import Stack

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "soak.json"
PLOT = ROOT / "docs" / "pictures" / "soak.svg"

PROCESSES = ("redis", "web", "worker", "keeper", "webhooks")
SIZES = ((320, 240), (640, 480), (480, 640), (1024, 768), (1280, 960))
KEPT_SECONDS = 60
"""The shortest retention there is: so deletion is at work, too, and Redis holds a steady number of jobs."""
GOAL_PERCENT = 1.0
SLOPE = "slope over the second half, %"
ROUND = 100
"""Jobs between two rests."""
_ROUND_SECONDS = 24.0
"""From the beginning of a round to that of the next, unless its jobs take too long to leave a rest."""
_REST_SECONDS = 12
"""Long enough for a pass of every duty of the keeper's, and for the worker to give back what it has freed."""
_POINTS = 120
_SETTINGS = {
    "CUTROOM_LOG_LEVEL": "WARNING",
    "STAND_IN_SECONDS": "0",
    # Full after some twenty jobs: at its 512 MB it would fill over half of the run, and hide what else grows.
    "CUTROOM_ARTEFACT_CACHE_MEGABYTES": "64",
}
_EFFECTS = [{"type": "outline"}, {"type": "drop_shadow"}, {"type": "background", "color": "#00ff00"}]
SPECS: tuple[dict[str, object], ...] = (
    {},
    {"effects": _EFFECTS, "output": {"format": "jpeg"}},
    {"output": {"format": "webp", "include_matte": True}},
    {"upscale": {"scale": 2}, "priority": "bulk"},
    {"variants": [{"name": "a"}, {"name": "b", "effects": _EFFECTS[:1]}]},
    {"output": {"on_empty": "fail"}},
)

Samples = dict[str, list[tuple[float, float]]]
"""Seconds and MB, by process."""


def photo(serial: int) -> bytes:
    """A disc on noise, unlike all others: nothing that one job made helps another. Every eighth holds no subject."""
    chance = random.Random(serial)
    width, height = chance.choice(SIZES)
    dark = np.random.default_rng(serial).integers(0, 90, (height, width, 3), np.uint8)
    image = Image.fromarray(dark)
    if serial % 8:
        centre, radius = (chance.randrange(width), chance.randrange(height)), height // 4
        ImageDraw.Draw(image).circle(centre, radius, fill=(250, 220, 40))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def run_one(http: httpx.Client, serial: int) -> str:
    """Hand a job in, follow it to its end, and fetch what it gave; its last status."""
    spec = {**SPECS[serial % len(SPECS)], "retention": KEPT_SECONDS}
    files = {"image": ("photo.jpg", photo(serial)), "spec": (None, json.dumps(spec))}
    answer = http.post("/v1/jobs", files=files, headers={"Prefer": "wait=30"}).raise_for_status()
    job = answer.json()
    while job["status"] in ("queued", "running"):
        time.sleep(0.2)
        job = http.get(f"/v1/jobs/{job['id']}").raise_for_status().json()
    for output in job["outputs"]:
        http.get(output["url"]).raise_for_status()
    return str(job["status"])


class Scale:
    """Weighs every process of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._began = time.monotonic()
        self.at_work: Samples = {name: [] for name in PROCESSES}
        """Each second: for the eye."""
        self.at_rest: Samples = {name: [] for name in PROCESSES}
        """The least of each rest: for the slope."""

    def watch(self, ended: Event) -> None:
        """Weigh each second until told to stop."""
        while not ended.wait(1):
            for name, weight in self._weights().items():
                self.at_work[name].append((self._now(), weight))

    def rest(self, seconds: int) -> None:
        """Weigh each second for so long, and note the least."""
        least = self._weights()
        for _ in range(seconds):
            time.sleep(1)
            least = {name: min(least[name], weight) for name, weight in self._weights().items()}
        for name, weight in least.items():
            self.at_rest[name].append((self._now(), weight))

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _weights(self) -> dict[str, float]:
        return {name: resident_bytes(self._stack.processes[name].pid) / 1e6 for name in PROCESSES}


def run_rounds(http: httpx.Client, jobs: int, at_once: int, scale: Scale) -> list[str]:
    """Run all jobs, with a rest after each round; their last statuses."""
    statuses: list[str] = []
    began = time.monotonic()
    for number, first in enumerate(range(0, jobs, ROUND), start=1):
        serials = range(first + 1, min(first + ROUND, jobs) + 1)
        with ThreadPoolExecutor(at_once) as pool:
            statuses += pool.map(lambda serial: run_one(http, serial), serials)
        left_seconds = began + number * _ROUND_SECONDS - time.monotonic()
        scale.rest(max(round(left_seconds), _REST_SECONDS))
    return statuses


def second_half(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The later half of them."""
    return points[len(points) // 2 :]


def slope_percent(points: list[tuple[float, float]]) -> float:
    """By how much the fitted line rises over these samples, as a share of their mean."""
    seconds, megabytes = zip(*points, strict=True)
    rise = linear_regression(seconds, megabytes).slope * (seconds[-1] - seconds[0])
    return float(100 * rise / mean(megabytes))


def summary(samples: Samples) -> list[Row]:
    """A row for each process, and one for all together."""
    together = [
        (moments[0][0], sum(megabytes for _, megabytes in moments))
        for moments in zip(*samples.values(), strict=False)
    ]
    return [_row(name, points) for name, points in {**samples, "together": together}.items()]


def _row(name: str, points: list[tuple[float, float]]) -> Row:
    later = second_half(points)
    return {
        "process, at rest": name,
        "MB after 100 jobs": round(points[0][1], 1),
        "MB in the second half": round(mean(megabytes for _, megabytes in later), 1),
        SLOPE: round(slope_percent(later), 2),
    }


def thinned(points: list[tuple[float, float]]) -> list[list[float]]:
    """As many as a plot can show."""
    step = max(len(points) // _POINTS, 1)
    return [[round(seconds, 1), round(megabytes, 2)] for seconds, megabytes in points[::step]]


def soak(jobs: int, at_once: int, redis_server: Path | None = None) -> dict[str, object]:
    """Run them all, and measure."""
    ended = Event()
    path = {"PATH": f"{redis_server.parent}:{os.environ['PATH']}"} if redis_server else {}
    with TemporaryDirectory(prefix="cutroom-soak-") as folder:
        stack = Stack(Path(folder), **_SETTINGS, **path)
        try:
            stack.up()
            server = stack.records.info()
            stack.start("webhooks")
            with httpx.Client(base_url=stack.url, timeout=120, follow_redirects=True) as http:
                run_one(http, 0)
                scale = Scale(stack)
                watcher = Thread(target=scale.watch, args=(ended,))
                watcher.start()
                statuses = run_rounds(http, jobs, at_once, scale)
                ended.set()
                watcher.join()
        finally:
            ended.set()
            stack.down()
    return {
        "machine": {**describe(), "redis": f"{server['redis_version']}, {server['mem_allocator']}"},
        "jobs": jobs,
        "at_once": at_once,
        "statuses": {status: statuses.count(status) for status in sorted(set(statuses))},
        "goal_percent": GOAL_PERCENT,
        "rows": summary(scale.at_rest),
        "rests": {name: thinned(points) for name, points in scale.at_rest.items()},
        "samples": {name: thinned(points) for name, points in scale.at_work.items()},
    }


def main() -> None:
    """Soak, print the table, keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument(
        "--redis-server",
        type=Path,
        help="another than the wheel's, which has glibc's allocator: its heap creeps",
    )
    parser.add_argument(
        "--write", action="store_true", help="keep the figures and the plot in the repository"
    )
    asked = parser.parse_args()
    if asked.jobs < 4 * ROUND:
        parser.error(f"a slope takes {4 * ROUND} jobs at least")
    found = soak(asked.jobs, asked.at_once, asked.redis_server)
    show(f"Memory over {asked.jobs:,} jobs: {found['statuses']}", found["rows"])
    if asked.write:
        RESULT.write_text(json.dumps(found, indent=1) + "\n")
        draw(PLOT, f"Memory over {asked.jobs:,} jobs", ("seconds", "MB resident"), found["samples"])
        print("Kept; `python -m benchmarks.pages` puts it into docs/.")


if __name__ == "__main__":
    main()
