"""How many workers does a load need, how long do callers wait, and what do 1,000 images cost?

Simulates our own queue, event by event: interactive photos that come at random, batches that the feeder lets in a
window at a time, interactive before bulk, threads that share a worker's cores and its one device.

The answer is as good as the seconds that go in. Put in your own first:

  --on gpu --inference-seconds 0.06   what one photo takes on your GPU (`cutroom_stage_seconds` of a running one, or
                                      `python -m benchmarks.models`); the default is a CPU worker as measured
  --cores 8 --cpu-factor 0.8          of your workers, and how their cores compare with the measured ones
  --price 1.20                        of a worker, for an hour
  --photos 1200x1600=3,3000x4000=1    your mix of sizes (those of benchmarks/results/stages.json)

Examples:
  python -m benchmarks.capacity --rate 5 --p95 3            the smallest fleet for 5 photos/s, 95 of 100 within 3 s
  python -m benchmarks.capacity --rate 5 --workers 8        what 8 workers make of it
  python -m benchmarks.capacity --rate 20 --bulk 0.8 --on gpu --inference-seconds 0.06 --render-workers 2
                                                            GPUs that only segment, 2 CPU workers for each
  python -m benchmarks.capacity --publish                   the tables and pictures of docs/operations.md
"""

import argparse
from dataclasses import replace

from benchmarks.capacity.planning import Costs, Prices, lasting, needed_workers, row
from benchmarks.capacity.published import publish
from benchmarks.capacity.simulation import Fleet, Load, simulate
from benchmarks.capacity.stages import MEASURED, measured_sizes
from benchmarks.publishing.report import show


def options() -> argparse.ArgumentParser:
    """What may be asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.capacity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    yours = parser.add_argument_group("your machines and prices")
    yours.add_argument(
        "--on", choices=("cpu", "gpu"), default="cpu", help="cpu: inference takes all cores [cpu]"
    )
    yours.add_argument("--inference-seconds", type=float, help="of one photo [as measured, on 2 cores]")
    yours.add_argument("--cores", type=int, default=2, help="of a worker [2, as measured]")
    yours.add_argument(
        "--cpu-factor", type=float, default=1.0, help="your core's seconds for one measured [1]"
    )
    yours.add_argument("--threads", type=int, default=4, help="CUTROOM_WORKER_CONCURRENCY [4]")
    yours.add_argument("--storage-ms", type=float, default=20, help="for storage and Redis, each stage [20]")
    yours.add_argument("--price", type=float, default=0.10, help="of a worker, an hour [0.10: made up]")
    yours.add_argument("--render-price", type=float, default=0.10, help="of a render worker, an hour [0.10]")
    load = parser.add_argument_group("your load")
    load.add_argument("--rate", type=float, default=1.0, help="images a second, all together [1]")
    load.add_argument("--bulk", type=float, default=0.0, help="share of them that comes in batches [0]")
    load.add_argument("--batch", type=int, default=500, help="lines of a batch [500]")
    load.add_argument("--tenants", type=int, default=1, help="who hand in batches, by turns [1]")
    load.add_argument("--window", type=int, default=32, help="CUTROOM_BATCH_WINDOW [32]")
    load.add_argument("--photos", default="1200x1600=1", help="sizes and shares [1200x1600=1]")
    asked = parser.add_argument_group("what is asked")
    asked.add_argument("--workers", type=int, help="how many [found: as few as keep --p95]")
    asked.add_argument(
        "--render-workers", type=int, default=0, help="for each worker; 0: it renders itself [0]"
    )
    asked.add_argument("--p95", type=float, default=3.0, help="seconds within which 95 of 100 are done [3]")
    asked.add_argument(
        "--publish", action="store_true", help="simulate docs/operations.md's tables and pictures"
    )
    return parser


def costs_of(given: argparse.Namespace) -> Costs:
    """The mix of photos, at this machine's speed."""
    mix = dict(part.split("=") for part in given.photos.split(","))
    known = measured_sizes()
    if unknown := sorted(set(mix) - set(known)):
        raise SystemExit(f"{MEASURED.name} has no {unknown[0]}; it has {', '.join(known)}")
    sizes = (known[name] for name in mix)
    scaled = tuple(
        replace(
            size,
            before=size.before * given.cpu_factor,
            after=size.after * given.cpu_factor,
            render=size.render * given.cpu_factor,
            fetch=size.fetch * given.cpu_factor,
            inference=given.inference_seconds or size.inference,
            waiting=given.storage_ms / 1000,
        )
        for size in sizes
    )
    return Costs(scaled, tuple(float(share) for share in mix.values()))


def fleet_of(given: argparse.Namespace) -> Fleet:
    """Of one worker, or of as many as were asked for."""
    count = given.workers or 1
    return Fleet(
        count, given.render_workers * count, given.threads, given.cores, device_is_cores=given.on == "cpu"
    )


def main() -> None:
    """Answer one question, or all that are published."""
    given = options().parse_args()
    if given.publish:
        publish()
        return
    load = Load(given.rate, given.bulk, given.batch, given.tenants, given.window)
    costs, fleet = costs_of(given), fleet_of(given)
    if given.workers:
        seen = simulate(load, fleet, costs.sampler(), seconds=lasting(load))
    else:
        try:
            fleet, seen = needed_workers(load, fleet, costs, given.p95)
        except ValueError as error:
            raise SystemExit(f"No fleet keeps p95 under {given.p95} s: {error}.") from None
    prices = Prices(given.price, given.render_price)
    show("What callers wait, and what it costs", [row(load, fleet, seen, prices)])


if __name__ == "__main__":
    main()
