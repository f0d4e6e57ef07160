"""The queue as a discrete-event simulation: arrivals, the feeder's window, priorities, lanes, threads, devices.

What it takes from the service: a worker empties interactive queues before bulk ones and asks for one message at a
time while a thread is free; Redis serves whoever has asked first, however busy (`worker/app.py`). Where a worker
serves the next stage, too, it goes on with it (`worker/tasks/chain.py`). A batch has at most `window` jobs open,
looked at every `feed_seconds` (`worker/feeder`). Inference takes turns on a worker's one device, interactive before
bulk, then by arrival; what has begun is never interrupted (`worker/inference/turns.py`). A worker's cores know no
priority: the operating system shares them evenly among what runs on them, inference too where they are the device.
What it leaves out: failures, retries, uploads, the API, the threads that bulk never takes (`worker/reserving.py`).
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any

import simpy

from benchmarks.capacity.stages import StageSeconds

INTERACTIVE, BULK = 0, 1
FEED_SECONDS = 0.2
"""CUTROOM_FEED_SECONDS."""

Sampler = Callable[[Random], StageSeconds]
"""What the next photo costs."""
Events = Iterator[Any]


@dataclass(frozen=True, slots=True)
class Load:
    """What comes in."""

    images_per_second: float
    bulk_share: float = 0.0
    """Of the images, those that come in batches."""
    batch_lines: int = 500
    tenants: int = 1
    """Who hand in batches, by turns."""
    window: int = 32
    """CUTROOM_BATCH_WINDOW, for each tenant."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """What works it off."""

    workers: int
    """With a device each: a GPU, or all cores of a CPU worker."""
    render_workers: int = 0
    """Without a device, for rendering; 0: the workers with devices render, too."""
    threads: int = 4
    """CUTROOM_WORKER_CONCURRENCY."""
    cores: int = 4
    """Of each worker."""
    device_is_cores: bool = False
    """Inference runs on the worker's cores, with a thread on each, beside whatever else runs there."""


@dataclass(slots=True)
class Outcome:
    """What was seen after the warm-up. Seconds; shares are 0..1."""

    interactive: list[float] = field(default_factory=list)
    """From arrival to result, each."""
    bulk: list[float] = field(default_factory=list)
    """From the batch's arrival to the line's result."""
    waits: list[float] = field(default_factory=list)
    """Of interactive jobs, until a thread begins."""
    device_share: float = 0.0
    core_share: float = 0.0
    open_at_end: int = 0
    """Interactive jobs not done when the simulation ended: many, where the load is too much."""


@dataclass(slots=True)
class _Job:
    priority: int
    arrived: float
    cost: StageSeconds
    tenant: int = 0


class _Cores:
    """Shared evenly among the running threads, none of which gets more than one: those who come slow down the others.

    All advance at one speed, so one clock, `_progress`, serves them all; each ends when that shows its time.
    """

    def __init__(self, env: simpy.Environment, count: int) -> None:
        self._env, self._count = env, count
        self._running: list[tuple[float, int, int, simpy.Event]] = []
        self._serials = itertools.count()
        self._threads = 0
        self._progress = self._since = 0.0
        self._plan = 0

    def run(self, seconds: float, threads: int = 1) -> simpy.Event:
        """The end of what would take so long if each of its threads had a core of its own."""
        self._advance()
        done = self._env.event()
        heappush(self._running, (self._progress + seconds, next(self._serials), threads, done))
        self._threads += threads
        self._plan_next_end()
        return done

    def _speed(self) -> float:
        return min(1.0, self._count / max(self._threads, 1))

    def _advance(self) -> None:
        self._progress += (self._env.now - self._since) * self._speed()
        self._since = self._env.now

    def _plan_next_end(self) -> None:
        self._plan += 1
        if self._running:
            left = max(0.0, self._running[0][0] - self._progress)
            self._env.timeout(left / self._speed(), self._plan).callbacks.append(self._end_next)

    def _end_next(self, planned: simpy.Event) -> None:
        if planned.value != self._plan:  # somebody has come since
            return
        self._advance()
        _, _, threads, done = heappop(self._running)
        self._threads -= threads
        done.succeed()
        self._plan_next_end()


class _Worker:
    """Threads that share cores and a device; busy time is counted once per holder."""

    def __init__(self, env: simpy.Environment, fleet: Fleet) -> None:
        self._env = env
        self._cores = _Cores(env, fleet.cores)
        self._device = simpy.PriorityResource(env, 1)
        self._cores_per_inference = fleet.cores if fleet.device_is_cores else 0
        self.threads = simpy.Resource(env, fleet.threads)
        self.core_busy = self.device_busy = 0.0

    def compute(self, seconds: float) -> Events:
        if seconds <= 0:
            return
        yield self._cores.run(seconds)
        self.core_busy += seconds

    def infer(self, seconds: float, priority: int) -> Events:
        with self._device.request(priority=priority) as turn:
            yield turn
            if self._cores_per_inference:
                yield self._cores.run(seconds, self._cores_per_inference)
            else:
                yield self._env.timeout(seconds)
        self.device_busy += seconds
        self.core_busy += seconds * self._cores_per_inference


class _Lane:
    """Waiting jobs, interactive first; workers that wait for one, each asking once."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._waiting: tuple[deque[_Job], deque[_Job]] = (deque(), deque())
        self._idle: deque[simpy.Event] = deque()

    def put(self, job: _Job) -> None:
        if self._idle:
            self._idle.popleft().succeed(job)
        else:
            self._waiting[job.priority].append(job)

    def get(self) -> simpy.Event:
        event = self._env.event()
        for jobs in self._waiting:
            if jobs:
                event.succeed(jobs.popleft())
                return event
        self._idle.append(event)
        return event


class Simulation:
    """One run."""

    def __init__(self, load: Load, fleet: Fleet, sampler: Sampler, seed: int = 1) -> None:
        self._load, self._fleet, self._sampler = load, fleet, sampler
        self._random = Random(seed)
        self._env = simpy.Environment()
        self._segment, self._render = _Lane(self._env), _Lane(self._env)
        self._lines: list[deque[float]] = [deque() for _ in range(load.tenants)]
        self._open = [0] * load.tenants
        self._outcome = Outcome()
        self._warm_at = 0.0
        self._interactive_open = 0

    def run(self, seconds: float, warm_up: float) -> Outcome:
        """So many simulated seconds, the first of which do not count."""
        self._warm_at = warm_up
        devices = self._start(self._fleet.workers, self._segment, self._segmented)
        others = self._start(self._fleet.render_workers, self._render, self._rendered)
        self._env.process(self._interactive())
        self._env.process(self._batches())
        self._env.process(self._feeder())
        self._env.run(until=warm_up)
        before = [(worker.device_busy, worker.core_busy) for worker in devices + others]
        self._env.run(until=seconds)
        self._outcome.open_at_end = self._interactive_open
        after = [(worker.device_busy, worker.core_busy) for worker in devices + others]
        lasted = seconds - warm_up
        used = [(a[0] - b[0], a[1] - b[1]) for a, b in zip(after, before, strict=True)]
        self._outcome.device_share = sum(one for one, _ in used) / (lasted * len(devices))
        self._outcome.core_share = sum(one for _, one in used) / (lasted * len(used) * self._fleet.cores)
        return self._outcome

    def _start(self, count: int, lane: _Lane, work: Callable[[_Worker, _Job], Events]) -> list[_Worker]:
        workers = [_Worker(self._env, self._fleet) for _ in range(count)]
        for worker in workers:
            self._env.process(self._consuming(worker, lane, work))
        return workers

    def _consuming(self, worker: _Worker, lane: _Lane, work: Callable[[_Worker, _Job], Events]) -> Events:
        while True:
            thread = worker.threads.request()
            yield thread
            job: _Job = yield lane.get()
            self._env.process(self._working(worker, thread, work(worker, job)))

    def _working(self, worker: _Worker, thread: simpy.resources.resource.Request, work: Events) -> Events:
        yield from work
        worker.threads.release(thread)

    def _interactive(self) -> Events:
        rate = self._load.images_per_second * (1 - self._load.bulk_share)
        while rate:
            yield self._env.timeout(self._random.expovariate(rate))
            self._interactive_open += 1
            self._segment.put(_Job(INTERACTIVE, self._env.now, self._sampler(self._random)))

    def _batches(self) -> Events:
        rate = self._load.images_per_second * self._load.bulk_share / self._load.batch_lines
        tenant = 0
        while rate:
            yield self._env.timeout(self._random.expovariate(rate))
            self._lines[tenant].extend([self._env.now] * self._load.batch_lines)
            tenant = (tenant + 1) % self._load.tenants

    def _feeder(self) -> Events:
        while self._load.bulk_share:
            for tenant, lines in enumerate(self._lines):
                while lines and self._open[tenant] < self._load.window:
                    self._open[tenant] += 1
                    self._segment.put(_Job(BULK, lines.popleft(), self._sampler(self._random), tenant))
            yield self._env.timeout(FEED_SECONDS)

    def _segmented(self, worker: _Worker, job: _Job) -> Events:
        cost = job.cost
        if job.priority == INTERACTIVE and job.arrived > self._warm_at:
            self._outcome.waits.append(self._env.now - job.arrived)
        yield from self._hold(cost.waiting)
        yield from worker.compute(cost.before)
        yield from worker.infer(cost.inference, job.priority)
        yield from worker.compute(cost.after)
        if self._fleet.render_workers:
            self._render.put(job)
            return
        yield from self._hold(cost.waiting)
        yield from worker.compute(cost.render)
        self._done(job)

    def _rendered(self, worker: _Worker, job: _Job) -> Events:
        yield from self._hold(job.cost.waiting)
        yield from worker.compute(job.cost.fetch + job.cost.render)
        self._done(job)

    def _hold(self, seconds: float) -> Events:
        if seconds:
            yield self._env.timeout(seconds)

    def _done(self, job: _Job) -> None:
        if job.priority == BULK:
            self._open[job.tenant] -= 1
        else:
            self._interactive_open -= 1
        if job.arrived > self._warm_at:
            seen = self._outcome.bulk if job.priority == BULK else self._outcome.interactive
            seen.append(self._env.now - job.arrived)


def simulate(load: Load, fleet: Fleet, sampler: Sampler, *, seconds: float, seed: int = 1) -> Outcome:
    """Run for so long after a warm-up of a tenth."""
    return Simulation(load, fleet, sampler, seed).run(seconds * 1.1, seconds * 0.1)
