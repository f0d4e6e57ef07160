"""Whether anything grows faster than what it is about: photos by megapixels, a job by those before it, the store.

python -m benchmarks.growth [--megapixels 0.3,1,3,12,24,50] [--jobs 20000] [--records 1000,100000,1000000]
python -m benchmarks.growth --only jobs

Pixels: all that a job does but inference, with a matte that is soft along an ellipse. Jobs: so many one after the
other through one worker. Records: finished jobs are laid into a Redis by script; then lists, sweeps and one more job
are timed.
"""

import argparse
from collections.abc import Callable

from rich.progress import track

from benchmarks.growth.jobs import after_jobs
from benchmarks.growth.pixels import by_megapixels
from benchmarks.growth.records import with_records
from benchmarks.publishing.drawing import draw
from benchmarks.publishing.report import RESULTS, report
from benchmarks.service.installation import installation

_STEPS = 10


def main() -> None:
    options = _options()
    for what in options.only:
        _TABLES[what](options)


def _pixels(options: argparse.Namespace) -> None:
    rows = [by_megapixels(size) for size in track(options.megapixels, "sizes")]
    report("growth_pixels", "All but inference, by megapixels", rows)


def _jobs(options: argparse.Namespace) -> None:
    step = options.jobs // _STEPS
    with installation() as here:
        rows = list(track(after_jobs(here, options.jobs, step), "jobs", total=_STEPS))
    report("growth_jobs", "Milliseconds of a job, by how many came before it", rows)
    names = ("ms a job", "processor ms a job")
    lines = {name: [(row["jobs before"] + step, row[name]) for row in rows] for name in names}
    draw(RESULTS / "growth_jobs.svg", "A job after thousands before it", ("jobs", "ms"), lines)


def _records(options: argparse.Namespace) -> None:
    with installation() as here:
        rows = [with_records(here, count) for count in track(options.records, "records")]
    report("growth_records", "Milliseconds of the store, by how many jobs it holds", rows)


_TABLES: dict[str, Callable[[argparse.Namespace], None]] = {
    "pixels": _pixels,
    "jobs": _jobs,
    "records": _records,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--megapixels",
        type=lambda text: [float(one) for one in text.split(",")],
        default=[0.3, 1, 3, 12, 24, 50],
    )
    parser.add_argument("--jobs", type=int, default=20_000, help=f"shown in {_STEPS} steps")
    parser.add_argument(
        "--records",
        type=lambda text: [int(one) for one in text.split(",")],
        default=[1000, 100_000, 1_000_000],
    )
    parser.add_argument("--only", nargs="+", default=list(_TABLES), choices=_TABLES, help="which")
    return parser.parse_args()


if __name__ == "__main__":
    main()
