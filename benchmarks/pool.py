"""What the pool of loaded models is worth: a model back from memory against one loaded from disk.

python -m benchmarks.pool                        IS-Net, BiRefNet lite, InSPyReNet fast
python -m benchmarks.pool u2netp --device cuda

On a CPU a model that is wanted again is still in the pool: it works in the very memory it would be parked in. Beyond
the budget it is dropped, and read from its kept graph. On a GPU it is parked in pinned host memory and copied back by
its next pass. Either way a first pass counts, less a warm one; the file comes from the system's cache. Weights are
seeded and graphs converted beforehand, as in benchmarks.models.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.models import FOLDER, SUBJECTS, Apart, Subject
from benchmarks.publishing.report import Row, report
from worker.inference.loading import load_network
from worker.models import Loaded
from worker.pool import Pool

DEFAULT = ("isnet-general-use", "birefnet-lite", "inspyrenet-fast")
ROUNDS = 5


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SUBJECTS)}")
    arguments.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    given = arguments.parse_args()
    FOLDER.mkdir(exist_ok=True)
    rows = [_row(SUBJECTS[name], given.device) for name in given.names or DEFAULT]
    report(f"pool_{given.device}", f"Seconds until a model is ready again on {given.device}", rows)


def _row(subject: Subject, device: str) -> Row:
    with Apart(subject, "prepare"):
        pass
    pool, batch = Pool[Loaded[Any]](subject.megabytes, subject.megabytes), subject.batch()

    def ready() -> Any:
        return pool.get(subject.name, subject.megabytes, lambda: Loaded(_load(subject, device), None))  # type: ignore[arg-type]

    def first_pass() -> None:
        ready().model.infer(batch)

    from_disk, warm, back = [], [], []
    for _ in range(ROUNDS):
        pool = Pool[Loaded[Any]](subject.megabytes, subject.megabytes)
        from_disk.append(_timed(first_pass))
        warm.append(_timed(first_pass))
        park = getattr(ready().model, "park", None)
        if park:
            park()
        back.append(_timed(first_pass if park else ready))
    pass_seconds = median(warm)
    disk = median(from_disk) - pass_seconds
    memory = median(back) - (pass_seconds if device == "cuda" else 0.0)
    return {"model": subject.name, "disk s": disk, "memory s": memory, "times": disk / max(memory, 1e-6)}


def _load(subject: Subject, device: str) -> Any:
    return load_network(subject.recipe, subject.weights, device=device)


def _timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
