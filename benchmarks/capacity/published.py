"""What docs/operations.md says of capacity: two tables and two pictures."""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.capacity.planning import Costs, Prices, lasting, needed_workers, row
from benchmarks.capacity.simulation import Fleet, Load, simulate
from benchmarks.capacity.stages import measured_sizes
from benchmarks.publishing.percentile import percentile
from benchmarks.publishing.report import RESULTS, Row, report

P95_SECONDS = 3.0
GPU_INFERENCE_SECONDS = 0.06
"""An assumption: no GPU has run this yet."""
_SIZE = "1200x1600"
_WAITING_SECONDS = 0.02
_CPU = Fleet(1, cores=2, device_is_cores=True)
_GPU = Fleet(1, cores=4)
_PRICES = Prices(worker=0.10)
_GPU_PRICES = Prices(worker=1.00, render_worker=0.10)

_CPU_LOADS = (
    (0.5, 0.0, 4), (1, 0.0, 4), (5, 0.0, 4), (20, 0.0, 4), (50, 0.0, 4),
    (1, 0.5, 1), (1, 0.5, 4), (5, 0.5, 1), (5, 0.5, 4), (20, 0.5, 1), (20, 0.5, 4),
)  # fmt: skip
"""Images a second, the share of bulk, and threads of a worker."""


def cpu_costs() -> Costs:
    """A photo of 2 megapixels on the measured machine."""
    return Costs((replace(measured_sizes()[_SIZE], waiting=_WAITING_SECONDS),), (1.0,))


def gpu_costs() -> Costs:
    """The same with a network that a GPU runs."""
    (size,) = cpu_costs().sizes
    return Costs((replace(size, inference=GPU_INFERENCE_SECONDS),), (1.0,))


def publish() -> None:
    """Simulate it all, which takes some minutes, and keep the results and the pictures."""
    on_cpu = [
        _smallest(Load(rate, bulk, batch_lines=100), replace(_CPU, threads=threads), cpu_costs(), _PRICES)
        for rate, bulk, threads in _CPU_LOADS
    ]
    report(
        "capacity",
        f"Fewest CPU workers with p95 of interactive jobs under {P95_SECONDS:g} s, bulk keeping up",
        on_cpu,
    )
    gpu_loads = ((5, 0.0), (20, 0.0), (20, 0.5), (50, 0.5))
    on_gpu = [
        _smallest(Load(rate, bulk, batch_lines=100), _GPU, gpu_costs(), _GPU_PRICES)
        for rate, bulk in gpu_loads
    ]
    report("capacity_gpu", f"The same, if a GPU took {GPU_INFERENCE_SECONDS} s a photo", on_gpu)
    _draw()


def _smallest(load: Load, fleet: Fleet, costs: Costs, prices: Prices) -> Row:
    # The window must let bulk keep up: so many are open where each takes some ten seconds.
    fitting = replace(load, window=max(32, round(10 * load.images_per_second)))
    found, seen = needed_workers(fitting, fleet, costs, P95_SECONDS)
    return row(fitting, found, seen, prices)


def _draw() -> None:
    from benchmarks.publishing.drawing import draw  # noqa: PLC0415  matplotlib is for this alone

    draw(
        RESULTS / "capacity_load.svg",
        "Many workers bear a higher load than few",
        ("share of what the workers can do at most", "p95 of interactive jobs, seconds"),
        {f"{workers} workers": list(_by_load(workers)) for workers in (1, 4, 16)},
        top=10,
    )
    draw(
        RESULTS / "capacity_bulk.svg",
        "Bulk fills 8 workers up beside 30 % of interactive load",
        ("share of what the workers can do at most", "seconds of interactive jobs"),
        _by_bulk(),
        top=4,
    )


def _most(workers: int, costs: Costs) -> float:
    """Images a second at which the workers never rest."""
    parts = costs.mean("before") + costs.mean("after") + costs.mean("render")
    return workers / (costs.mean("inference") + parts / _CPU.cores)


def _by_load(workers: int) -> Iterator[tuple[float, float]]:
    costs = cpu_costs()
    for share in (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95):
        load = Load(share * _most(workers, costs))
        seen = simulate(load, replace(_CPU, workers=workers), costs.sampler(), seconds=lasting(load))
        yield share, percentile(seen.interactive, 0.95)


def _by_bulk() -> dict[str, list[tuple[float, float]]]:
    costs, interactive = cpu_costs(), 0.3
    lines: dict[str, list[tuple[float, float]]] = {}
    for share in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97):
        for threads in (1, 4):
            load = Load(share * _most(8, costs), bulk_share=1 - interactive / share, batch_lines=100)
            fleet = replace(_CPU, workers=8, threads=threads)
            seen = simulate(load, fleet, costs.sampler(), seconds=lasting(load))
            for name, which in (("median", 0.5), ("p95", 0.95)):
                line = lines.setdefault(f"{name}, {threads} thread{'s' * (threads > 1)} a worker", [])
                line.append((share, percentile(seen.interactive, which)))
    return lines
