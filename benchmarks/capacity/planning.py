"""From a load to the smallest fleet that keeps its promise."""

import math
from dataclasses import dataclass, replace
from random import Random

from benchmarks.capacity.simulation import Fleet, Load, Outcome, Sampler, simulate
from benchmarks.capacity.stages import StageSeconds
from benchmarks.publishing.percentile import percentile
from benchmarks.publishing.report import Row

_LEAST_JOBS = 3000
"""Fewer would say little of the slowest in a hundred."""
_MOST_JOBS = 10_000
_FULL = 0.98
"""A device that is busier has a queue that grows."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Of an hour, in any currency."""

    worker: float
    render_worker: float = 0.0


@dataclass(frozen=True, slots=True)
class Costs:
    """What photos cost: a mix of sizes, each with its share."""

    sizes: tuple[StageSeconds, ...]
    shares: tuple[float, ...]

    def sampler(self) -> Sampler:
        """Draws a photo."""

        def draw(random: Random) -> StageSeconds:
            return random.choices(self.sizes, self.shares)[0]

        return draw

    def mean(self, part: str) -> float:
        """Mean seconds of one part."""
        weighted = (getattr(size, part) * share for size, share in zip(self.sizes, self.shares, strict=True))
        return sum(weighted) / sum(self.shares)


def lasting(load: Load) -> float:
    """Seconds to simulate: enough photos, and enough batches."""
    batches = 10 * load.batch_lines / (load.images_per_second * load.bulk_share) if load.bulk_share else 0
    least = max(_LEAST_JOBS / load.images_per_second, batches)
    return min(least, max(_MOST_JOBS / load.images_per_second, 60))


def needed_workers(load: Load, fleet: Fleet, costs: Costs, p95_seconds: float) -> tuple[Fleet, Outcome]:
    """The smallest number of workers at which 95 of 100 interactive jobs are done in time and bulk keeps up.

    Raises ValueError where no number does, since one photo alone takes longer.
    """
    if _alone(fleet, costs) > p95_seconds:
        raise ValueError(f"a photo takes {_alone(fleet, costs):.2f} s where nothing else runs")
    # Never fewer than what comes in on average takes, even where the few batches simulated happen to be rarer.
    count = math.floor(_least_workers(load, fleet, costs)) + 1
    while True:
        tried = replace(fleet, workers=count, render_workers=_in_step(fleet, count))
        seen = simulate(load, tried, costs.sampler(), seconds=lasting(load))
        if _is_enough(seen, p95_seconds):
            return tried, seen
        count += max(1, count // 20)


def _least_workers(load: Load, fleet: Fleet, costs: Costs) -> float:
    """At this or below, work comes in faster than it can go out."""
    parts = ("before", "after") if fleet.render_workers else ("before", "after", "render")
    on_cores, inference = sum(costs.mean(part) for part in parts), costs.mean("inference")
    waiting = costs.mean("waiting") * (1 if fleet.render_workers else 2)
    by_threads = (on_cores + inference + waiting) / fleet.threads
    by_cores = on_cores / fleet.cores
    by_device = inference + by_cores if fleet.device_is_cores else max(inference, by_cores)
    return load.images_per_second * max(by_threads, by_device)


def _in_step(fleet: Fleet, workers: int) -> int:
    """Render workers in the proportion that was given."""
    return math.ceil(fleet.render_workers * workers / fleet.workers)


def _alone(fleet: Fleet, costs: Costs) -> float:
    parts = ("before", "inference", "after", "render") + (("fetch",) if fleet.render_workers else ())
    return sum(costs.mean(part) for part in parts) + 2 * costs.mean("waiting")


def _is_enough(seen: Outcome, p95_seconds: float) -> bool:
    keeps_up = seen.device_share < _FULL and seen.core_share < _FULL
    return keeps_up and (not seen.interactive or percentile(seen.interactive, 0.95) <= p95_seconds)


def price_per_thousand(fleet: Fleet, prices: Prices, images_per_second: float) -> float:
    """What 1,000 images cost on this fleet at this load, idle time included."""
    hour = fleet.workers * prices.worker + fleet.render_workers * prices.render_worker
    return hour / (images_per_second * 3600) * 1000


def row(load: Load, fleet: Fleet, seen: Outcome, prices: Prices) -> Row:
    """One line of an answer."""
    return {
        "images/s": load.images_per_second,
        "bulk share": load.bulk_share,
        "threads": fleet.threads,
        "workers": fleet.workers,
        "render workers": fleet.render_workers,
        **{f"p{round(100 * share)} s": percentile(seen.interactive, share) for share in (0.5, 0.95, 0.99)},
        "bulk p50 s": percentile(seen.bulk, 0.5) if load.bulk_share else "–",
        "devices busy": seen.device_share,
        "cores busy": seen.core_share,
        "per 1,000 images": price_per_thousand(fleet, prices, load.images_per_second),
    }
