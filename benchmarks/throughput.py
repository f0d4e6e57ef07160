"""The whole service against rembg's own HTTP server, and against the bare network, at growing numbers of callers.

python -m benchmarks.throughput [--concurrency 1,4,16] [--sizes 800x600,1200x1600,3000x4000] [--model imgly-medium]
python -m benchmarks.throughput --missing       those that the results lack: goes on after a stop

JPEG in, PNG out, until every caller holds its bytes; both servers with the same weights, on the same cores, turn by
turn. Three ways of ours: with all that a job does by default, with no more than rembg does (no refinement, no
decontamination), and the bare network alone, in a process of its own, at full load: what no service could beat. A row
is kept as soon as it is measured; its peaks of memory are those of the run so far.
"""

import argparse
import itertools
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
from rich.progress import track

from benchmarks.against_rembg import SAME_WORK
from benchmarks.publishing.drawing import draw
from benchmarks.publishing.percentile import percentile
from benchmarks.publishing.report import RESULTS, Row, kept_rows, report
from benchmarks.rivals.bare_network import BareNetwork, bare_network
from benchmarks.rivals.rembg import RembgServer, server_command
from benchmarks.service.installation import Installation, free_port, installation
from benchmarks.service.memory import peak_bytes
from benchmarks.service.photos import jpeg
from shared.catalog import CARDS
from shared.settings import load_settings
from worker.io.weights import Weights

_SECONDS = 16.0
"""Of work in a round, roughly; each caller does one photo at least."""
_QUESTION = "Images a second and seconds: {} here, imgly-medium in rembg's server"
_DRAWN = "1200x1600"
_serial = itertools.count()

CutOut = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Round:
    """What some callers have seen."""

    rate: float
    """Images a second."""
    seconds: tuple[float, ...]
    """From the first byte sent to the last byte held, each."""


def main() -> None:
    options = _options()
    name = "throughput" if options.model == "imgly-medium" else f"throughput_{options.model}"
    kept = {(row["size"], row["callers"]): row for row in kept_rows(name)}
    asked = itertools.product(options.sizes, options.concurrency)
    rounds = [one for one in asked if not (options.missing and one in kept)]
    weights_of = Weights(load_settings().model_cache, load_settings().model_dir)
    weights = weights_of.get(CARDS["imgly-medium"]).path
    with installation() as here, bare_network(options.model) as network:
        ours, our_sessions = _cutroom(here, options.model)
        theirs, their_session = _rembg(here, weights)
        for size, callers in track(rounds, "sizes and callers"):
            kept[size, callers] = {
                **_row(size, callers, ours, theirs, network),
                "peak MB cutroom": peak_bytes(*our_sessions) / 1e6,
                "peak MB rembg": peak_bytes(their_session) / 1e6,
            }
            report(name, _QUESTION.format(options.model), list(kept.values()))
    if options.model == "imgly-medium":
        _draw(list(kept.values()))


def _draw(rows: Sequence[Row]) -> None:
    shown = [row for row in rows if row["size"] == _DRAWN]
    lines = {
        name: [(row["callers"], row[f"{name} images/s"]) for row in shown]
        for name in ("bare network", "same work", "cutroom", "rembg")
    }
    top = 1.1 * max(rate for line in lines.values() for _, rate in line)
    axes = ("callers at once", "images/s")
    draw(RESULTS / "throughput.svg", f"Images a second at {_DRAWN}", axes, lines, top)


def _row(size: str, callers: int, ours: "Cutroom", theirs: RembgServer, network: BareNetwork) -> Row:
    width, height = (int(side) for side in size.split("x"))
    same = ours.asking(SAME_WORK)
    rounds: dict[str, list[Round]] = {"cutroom": [], "same work": [], "rembg": []}
    bare = []
    for _ in range(2):
        bare.append(network.rate(_SECONDS / 4))
        for name, cut_out in (
            ("cutroom", ours.cut_out), ("same work", same.cut_out), ("rembg", theirs.cut_out),
        ):  # fmt: skip
            rounds[name].append(_round(cut_out, width, height, callers, _SECONDS * bare[-1] / 2))
    rate = {name: median(one.rate for one in each) for name, each in rounds.items()}
    seconds = {name: [value for one in each for value in one.seconds] for name, each in rounds.items()}
    return {
        "size": size,
        "callers": callers,
        "bare network images/s": median(bare),
        **{f"{name} images/s": value for name, value in rate.items()},
        **{f"{name} p50": median(values) for name, values in seconds.items()},
        **{f"{name} p95": percentile(values, 0.95) for name, values in seconds.items()},
        "times rembg's rate": rate["cutroom"] / rate["rembg"],
        "at the same work": rate["same work"] / rate["rembg"],
        "of rembg's p50": median(seconds["cutroom"]) / median(seconds["rembg"]),
        "of the bare network": rate["cutroom"] / median(bare),
    }


def _round(cut_out: CutOut, width: int, height: int, callers: int, photos: float) -> Round:
    """So many photos, rounded up to a whole number for each caller; every one is new to the service."""
    count = max(1, round(photos / callers)) * callers
    bodies = [jpeg(width, height, next(_serial)) for _ in range(count)]
    with ThreadPoolExecutor(callers) as threads:
        started = time.perf_counter()
        seconds = list(threads.map(lambda body: _timed(cut_out, body), bodies))
        elapsed = time.perf_counter() - started
    return Round(count / elapsed, tuple(seconds))


def _timed(cut_out: CutOut, photo: bytes) -> float:
    started = time.perf_counter()
    assert cut_out(photo)[:8] == b"\x89PNG\r\n\x1a\n"
    return time.perf_counter() - started


@dataclass(frozen=True, slots=True)
class Cutroom:
    """A caller of ours."""

    http: httpx.Client
    spec: str

    def asking(self, options: object) -> "Cutroom":
        """The same with further options."""
        return Cutroom(self.http, json.dumps(json.loads(self.spec) | dict(options)))

    def cut_out(self, photo: bytes) -> bytes:
        """The cut-out as PNG: one request that waits, one for the bytes."""
        job = self.http.post(
            "/v1/jobs",
            files={"image": photo, "spec": (None, self.spec, "application/json")},
            headers={"Prefer": "wait=60"},
        ).json()
        while job["status"] in ("queued", "running"):  # every thread that may wait was taken
            time.sleep(0.2)
            job = self.http.get(f"/v1/jobs/{job['id']}").json()
        if job["status"] != "succeeded":
            raise RuntimeError(f"the job {job['status']}: {job['error']}")
        return self.http.get(job["outputs"][0]["url"]).content


def _cutroom(here: Installation, model: str) -> tuple[Cutroom, list[int]]:
    """A client of the whole service, and the sessions of its processes."""
    port = free_port()
    sessions = [
        here.start("gunicorn", "--config", "api/gunicorn.conf.py", "api.wsgi:app", port=port),
        here.worker("worker.main"),
        *(here.start("python", "-m", f"worker.{name}") for name in ("keeper", "feeder", "webhooks")),
    ]
    ours = Cutroom(here.client(port), json.dumps({"model": model}))
    ours.cut_out(jpeg(800, 600, next(_serial)))
    return ours, sessions


def _rembg(here: Installation, weights: Path) -> tuple[RembgServer, int]:
    port = free_port()
    session = here.start(*server_command(port), port=port, U2NET_HOME=str(weights.parent))
    theirs = RembgServer(port, weights)
    theirs.cut_out(jpeg(800, 600, next(_serial)))
    return theirs, session


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--concurrency", type=lambda text: [int(one) for one in text.split(",")], default=[1, 4, 16]
    )
    parser.add_argument(
        "--sizes", type=lambda text: text.split(","), default=["800x600", "1200x1600", "3000x4000"]
    )
    parser.add_argument("--model", default="imgly-medium", help="ours; rembg always runs imgly-medium")
    parser.add_argument("--missing", action="store_true", help="only sizes and callers without a row")
    return parser.parse_args()


if __name__ == "__main__":
    main()
