"""What the store takes, by how many jobs it holds: finished ones are laid into a Redis by script."""

import time
from collections.abc import Callable
from statistics import median

from benchmarks.publishing.report import Row
from benchmarks.service.installation import Installation
from benchmarks.service.photos import jpeg
from benchmarks.service.submitting import Submitter
from shared.jobs.archive import JobQuery
from shared.jobs.job import Status
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.records import connect
from shared.settings import Settings

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


def with_records(here: Installation, count: int) -> Row:
    """Milliseconds of lists, sweeps and one more job."""
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
