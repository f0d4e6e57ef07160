"""Whether anything grows faster than what it is about: seconds and memory by megapixels, the store by its jobs.

python -m benchmarks.growth [--megapixels 0.3,1,3,12,24,50] [--records 1000,100000,1000000]

Pixels: all that a job does but inference, in a process of its own for each size, with a matte that is soft along an
ellipse. Records: finished jobs are laid into a Redis by script; then lists, sweeps and one more job are timed.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.publishing.report import Row, report
from benchmarks.service.installation import Installation, installation
from benchmarks.service.memory import own_peak_bytes, own_resident_bytes
from benchmarks.service.photos import jpeg
from benchmarks.service.submitting import Submitter
from benchmarks.stages import Clock, one_job
from shared.catalog import CARDS
from shared.jobs.archive import JobQuery
from shared.jobs.job import Status
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.records import connect
from shared.settings import Settings
from worker.segmentation.loading import family_of
from worker.segmentation.segmenter import Segmenter

_ROUNDS = 3
_SIDE_PX = 1024
_CLONES_A_CALL = 5000
_TENANT = "local"
_COPY = """
local fields = redis.call('HGETALL', KEYS[1])
for number = ARGV[1], ARGV[2] do
  local id = string.format('job_%026d', number)
  for i = 1, #fields, 2 do if fields[i] == 'id' then fields[i + 1] = id end end
  redis.call('HSET', 'job:' .. id, unpack(fields))
  redis.call('ZADD', 'jobs:' .. ARGV[3], 0, id)
  redis.call('ZADD', 'expiring', ARGV[4], id)
end
"""


class Ellipse:
    """A network that sees the same subject in everything."""

    def __init__(self) -> None:
        y, x = np.mgrid[:_SIDE_PX, :_SIDE_PX].astype(np.float32) / _SIDE_PX - 0.5
        self._matte = np.clip((0.4 - np.hypot(x * 1.3, y)) * 40 + 0.5, 0, 1)[None, None]

    def infer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._matte


def main() -> None:
    options = _options()
    if options.one:
        _one(sys.stdin.buffer.read())
        return
    pixels = [_measured(size) for size in track(options.megapixels, "sizes")]
    report("growth_pixels", "All but inference, by megapixels", pixels)
    with installation() as here:
        records = [_with_records(here, count) for count in track(options.records, "records")]
    report("growth_records", "Milliseconds of the store, by how many jobs it holds", records)


def _measured(megapixels: float) -> Row:
    height = math.floor(math.sqrt(megapixels * 1e6 * 4 / 3))
    width = height * 3 // 4
    command = [sys.executable, "-m", "benchmarks.growth", "--one"]
    found = subprocess.run(command, check=True, capture_output=True, input=jpeg(width, height))
    seconds, peak_bytes = json.loads(found.stdout)
    pixels = width * height
    return {
        "megapixels": megapixels,
        "seconds": seconds,
        "ms per MP": seconds * 1e9 / pixels,
        "peak bytes per px": peak_bytes / pixels,
    }


def _one(photo: bytes) -> None:
    """Print the seconds that a photo takes, and the memory beyond what a tiny one does."""
    card, clock = CARDS["imgly-medium"], Clock()
    segmenter = Segmenter(card, family_of(card), Ellipse())
    one_job(jpeg(64, 64), segmenter, Clock())  # whatever is made once
    before = own_resident_bytes()
    for _ in range(_ROUNDS):
        one_job(photo, segmenter, clock)
    print(json.dumps([sum(median(part) for part in clock.parts.values()), own_peak_bytes() - before]))


def _with_records(here: Installation, count: int) -> Row:
    redis = connect(here.redis_url)
    redis.config_set("maxmemory", 0)
    redis.config_set("appendonly", "no")
    settings = Settings(data_dir=here.folder, redis_url=here.redis_url, broker_url=here.broker_url)
    submitter, times = Submitter(here), StoreTimes.of(settings)
    store, archive = RedisJobStore(redis, times), RedisJobArchive(redis, times)
    photo = submitter.kept(jpeg(64, 64))
    _fill(redis, submitter.submit(photo), count)
    rare = JobQuery(_TENANT, 50, status=Status.FAILED)
    asked: dict[str, Callable[[], object]] = {
        "list a page": lambda: archive.page(JobQuery(_TENANT, 50)),
        "list what hardly is": lambda: archive.page(rare),
        "look for the due": lambda: store.due(100),
        "look for the late": lambda: store.expire_late(100),
        "look for the expired": lambda: archive.expired(100),
        "one more job": lambda: submitter.submit(photo),
    }
    used = redis.info("memory")["used_memory"]
    return {"records": count, **{what: _ms(ask) for what, ask in asked.items()}, "bytes each": used / count}


def _fill(redis, pattern: str, count: int) -> None:
    """So many finished jobs like this one."""
    redis.hset(f"job:{pattern}", mapping={"status": "succeeded", "open": "", "version": 9})
    copy = redis.register_script(_COPY)
    far = round((time.time() + 86_400) * 1000)
    redis.hset(f"job:{pattern}", "expires_at", far)
    for first in range(redis.zcard(f"jobs:{_TENANT}"), count, _CLONES_A_CALL):
        last = min(first + _CLONES_A_CALL, count) - 1
        copy(keys=[f"job:{pattern}"], args=[first, last, _TENANT, far])


def _ms(ask: Callable[[], object]) -> float:
    found = []
    for _ in range(9):
        started = time.perf_counter()
        ask()
        found.append((time.perf_counter() - started) * 1000)
    return median(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    numbers = {"type": lambda text: [float(one) for one in text.split(",")]}
    parser.add_argument("--megapixels", **numbers, default=[0.3, 1, 3, 12, 24, 50])
    parser.add_argument(
        "--records",
        type=lambda text: [int(one) for one in text.split(",")],
        default=[1000, 100_000, 1_000_000],
    )
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
