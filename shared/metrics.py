"""What Prometheus is told, read from Redis when it asks: the same answer from whichever process of the API.

Gauges are counted there and then. Counters stand in the hash `metrics`, which the transitions of jobs and deliveries
add to in the very script that makes them (`shared/jobs/lua`, `shared/events/lua`), so each counts once, whoever dies.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import ResponseError

from shared.batches.feeding import Feeding
from shared.catalog import CARDS, INT8, MATTING, UPSCALERS
from shared.events.backlog import Backlog
from shared.fleet.port import WorkerFacts
from shared.fleet.redis_fleet import RedisFleet
from shared.jobs.passes import FEEDER, KEEPER, RedisPasses
from shared.queue.names import QUEUES, RUNG_AT
from shared.records import translated
from shared.spec.job import Priority

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_HASH = "metrics"
_CARDS = {**CARDS, **INT8, **MATTING, **UPSCALERS}
_BUCKETS = ("0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60", "120", "300", "+Inf")
"""As in shared/jobs/lua/prelude.lua."""

_COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "jobs_created": ("Jobs accepted.", ("priority",)),
    "jobs_finished": ("Jobs that came to an end.", ("status", "model")),
    "jobs_failed": ("Jobs that failed or expired, by the code of their error.", ("code",)),
    "step_retries": ("Steps given back after an error that may pass, by its code.", ("code",)),
    "rescues": ("Steps that the keeper has rung again.", ()),
    "webhook_attempts": ("Attempts to deliver a webhook, by what they mean for the delivery.", ("verdict",)),
}


class Figures:
    """The figures of a whole installation."""

    def __init__(self, redis: Redis, broker: Redis) -> None:
        self._redis = redis
        self._broker = broker
        self._fleet = RedisFleet(redis, 1)  # only listened to
        self._keeper = RedisPasses(redis, KEEPER)
        self._feeder = RedisPasses(redis, FEEDER)

    def exposition(self) -> bytes:
        """All of them in Prometheus's text format. Raises StoreUnavailable."""
        registry = CollectorRegistry(auto_describe=False)
        with translated():
            registry.register(_Read([*self._gauges(), *self._counters()]))
        return generate_latest(registry)

    def _gauges(self) -> Iterator[Metric]:
        yield from self._jobs()
        yield from self._batches()
        yield self._retention()
        yield from self._queues()
        yield from self._webhooks()
        yield from _workers(self._fleet.alive())
        for process, passes in ((KEEPER, self._keeper), (FEEDER, self._feeder)):
            since = GaugeMetricFamily(
                f"cutroom_{process}_pass_age_seconds",
                f"Time since the {process} last did a duty.",
                labels=["duty"],
            )
            for duty, seconds in passes.seconds_since().items():
                since.add_metric([duty], seconds)
            yield since

    def _jobs(self) -> Iterator[Metric]:
        now = self._now()
        waiting = GaugeMetricFamily("cutroom_jobs_waiting", "Jobs nobody has begun.", labels=["priority"])
        oldest = GaugeMetricFamily(
            "cutroom_oldest_waiting_seconds", "How long the first of them has waited.", labels=["priority"]
        )
        for priority in Priority:
            lane = f"waiting:{priority}"
            first = cast(list[tuple[str, float]], self._redis.zrange(lane, 0, 0, withscores=True))
            age = now - first[0][1] / 1000 if first else 0
            waiting.add_metric([str(priority)], self._redis.zcard(lane))
            oldest.add_metric([str(priority)], max(0, age))
        yield waiting
        yield oldest
        yield _gauge("cutroom_jobs_running", "Jobs that have begun.", self._redis.scard("running"))
        yield _gauge("cutroom_steps_open", "Steps to be done or under way.", self._redis.zcard("sched"))
        yield from self._memory()

    def _memory(self) -> Iterator[Metric]:
        try:
            memory = cast(dict[str, int], self._redis.info("memory"))
        except ResponseError:
            return  # some hosted servers do not say
        yield _gauge("cutroom_redis_memory_bytes", "Memory that Redis takes.", memory["used_memory"])
        yield _gauge("cutroom_redis_memory_limit_bytes", "0: no limit.", memory["maxmemory"])

    def _batches(self) -> Iterator[Metric]:
        waiting = Feeding.read(self._redis)
        yield _gauge("cutroom_batches_open", "Batches with lines that have not ended.", waiting.batches)
        yield _gauge(
            "cutroom_batch_lines_waiting", "Lines of them that no job was made of yet.", waiting.lines
        )

    def _retention(self) -> Metric:
        first = cast(list[tuple[str, float]], self._redis.zrange("expiring", 0, 0, withscores=True))
        late = self._now() - first[0][1] / 1000 if first else 0
        words = "How long the first of the jobs whose retention is over has waited to be deleted."
        return _gauge("cutroom_deletion_late_seconds", words, max(0, late))

    def _queues(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily(
            "cutroom_queue_messages", "Messages that wait in a queue.", labels=["queue"]
        )
        oldest = GaugeMetricFamily(
            "cutroom_queue_oldest_seconds", "How long the first of them has waited.", labels=["queue"]
        )
        now = self._now()
        for queue in QUEUES:
            depth.add_metric([queue], self._broker.llen(queue))
            age = _age(cast(str | None, self._broker.lindex(queue, -1)), now)
            if age is not None:
                oldest.add_metric([queue], age)
        yield depth
        yield oldest

    def _webhooks(self) -> Iterator[Metric]:
        waiting = Backlog.read(self._redis)
        yield _gauge("cutroom_webhook_events", "Events that no delivery was made of yet.", waiting.events)
        yield _gauge(
            "cutroom_webhook_deliveries",
            "Deliveries that wait for an attempt, or are under way.",
            waiting.deliveries,
        )
        yield _gauge(
            "cutroom_webhook_late_seconds",
            "How long the first of both has been due.",
            waiting.late_seconds,
        )

    def _now(self) -> float:
        seconds, microseconds = self._redis.time()
        return seconds + microseconds / 1e6

    def _counters(self) -> Iterator[Metric]:
        counted = cast(dict[str, str], self._redis.hgetall(_HASH))
        rows = [(name.split("|"), float(value)) for name, value in counted.items()]
        for name, (words, labels) in _COUNTERS.items():
            family = CounterMetricFamily(f"cutroom_{name}", words, labels=labels)
            for (known, *values), value in rows:
                if known == name and len(values) == len(labels):
                    family.add_metric(values, value)
            yield family
        yield _stage_seconds({tuple(parts): value for parts, value in rows})


class _Read(Collector):
    """Families that have been read already: nothing can fail half-way through an answer."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _workers(alive: Sequence[WorkerFacts]) -> Iterator[Metric]:
    yield _gauge("cutroom_workers", "Workers heard of lately.", len(alive))
    serving = GaugeMetricFamily("cutroom_queue_workers", "Workers that serve a queue.", labels=["queue"])
    for queue in QUEUES:
        serving.add_metric([queue], sum(queue in worker.queues for worker in alive))
    yield serving
    resident = GaugeMetricFamily(
        "cutroom_model_workers", "Workers that have a model loaded.", labels=["model"]
    )
    loaded = Counter(model for worker in alive for model in worker.resident)
    for model, count in sorted(loaded.items()):
        resident.add_metric([model], count)
    yield resident
    memory = GaugeMetricFamily(
        "cutroom_model_memory_bytes",
        "What loaded models count for against the budgets of all workers, on devices and parked on hosts.",
        labels=["model", "place"],
    )
    parked = Counter(model for worker in alive for model in worker.parked)
    for place, models in (("device", loaded), ("host", parked)):
        for model, count in sorted(models.items()):
            if card := _CARDS.get(model):  # a worker of another version may have one that we do not know
                memory.add_metric([model, place], count * card.memory_megabytes * 1e6)
    yield memory


def _age(message: str | None, now: float) -> float | None:
    """Seconds since it was rung; 0 where there is no message, None where it does not say."""
    if message is None:
        return 0
    rung_at = json.loads(message).get("headers", {}).get(RUNG_AT)
    return None if rung_at is None else max(0, now - rung_at)


def _stage_seconds(counted: dict[tuple[str, ...], float]) -> Metric:
    family = HistogramMetricFamily(
        "cutroom_stage_seconds", "How long a stage took that got its result.", labels=["stage"]
    )
    for stage in sorted(parts[1] for parts in counted if parts[0] == "stage_seconds_sum"):
        total, buckets = 0.0, []
        for top in _BUCKETS:
            total += counted.get(("stage_seconds_bucket", stage, top), 0)
            buckets.append((top, total))
        family.add_metric([stage], buckets, counted["stage_seconds_sum", stage])
    return family


def _gauge(name: str, words: str, value: object) -> Metric:
    return GaugeMetricFamily(name, words, value=cast(float, value))
