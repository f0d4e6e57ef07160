"""One whole job, from the first byte sent to the last byte received, against rembg's `remove()` in the same run.

python -m benchmarks.against_rembg [--model imgly-medium-int8]
"""

import argparse
import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.progress import track

from api.cli.stack import running_stack
from api.client.client import CutroomClient
from benchmarks.publishing.report import Row, report
from benchmarks.rivals.rembg import Rembg, rembg
from benchmarks.service.photos import SIZES, jpeg
from shared.catalog import CARDS
from shared.settings import load_settings
from worker.io.weights import Weights

MODEL = "imgly-medium"
ROUNDS = 6
SAME_WORK = {"refine": {"method": "none", "decontaminate": False}}
"""What rembg does: the matte enlarged, the photo's own colours."""


def main() -> None:
    model = _model()
    settings = load_settings()
    weights = Weights(settings.model_cache, settings.model_dir).get(CARDS[MODEL]).path
    with (
        running_stack() as stack,
        CutroomClient(stack.url) as client,
        rembg(weights) as rival,
        tempfile.TemporaryDirectory() as folder,
    ):
        while not client.is_ready():
            time.sleep(0.2)
        contest = Contest(client, model, rival, Path(folder))
        rows = [contest.row(width, height) for width, height in track(SIZES, "sizes")]
    name = "against_rembg" if model == MODEL else f"against_rembg_{model}"
    report(name, f"Seconds of one whole job, {model}, against rembg's remove(), {MODEL}, one run", rows)


def _model() -> str:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default=MODEL, help=f"ours; rembg always runs {MODEL}")
    return str(parser.parse_args().model)


@dataclass(frozen=True, slots=True)
class Contest:
    """Ours and theirs, and a folder for photos and cut-outs."""

    client: CutroomClient
    model: str
    rival: Rembg
    folder: Path

    def row(self, width: int, height: int) -> Row:
        """Medians of seconds over photos of one size."""
        photos = [self.folder / f"{width}x{height}-{number}.jpg" for number in range(ROUNDS)]
        for number, photo in enumerate(photos):
            photo.write_bytes(jpeg(width, height, number))
        # Turn by turn, so that whatever else the machine does hits all; the first turn warms them up.
        turns = [self._turn(photo) for photo in photos][1:]
        full, same, theirs = (median(seconds) for seconds in zip(*turns, strict=True))
        return {
            "size": f"{width}x{height}",
            "cutroom": full,
            "the same work": same,
            "rembg": theirs,
            "times as fast": theirs / full,
            "at the same work": theirs / same,
        }

    def _turn(self, photo: Path) -> tuple[float, float, float]:
        return self._job(photo, {}), self._job(photo, SAME_WORK), self.rival.remove(photo)

    def _job(self, photo: Path, options: Mapping[str, object]) -> float:
        """Seconds from posting the photo to holding its cut-out on disk, over HTTP and the queue."""
        spec = (None, json.dumps({"model": self.model, **options}), "application/json")
        started = time.perf_counter()
        # One held request: on two cores a client that polls a hundred times a second takes them from the network.
        with photo.open("rb") as body:
            job = self.client.send(
                "POST", "/v1/jobs", files={"image": body, "spec": spec}, headers={"Prefer": "wait=60"}
            ).json()
        self.client.download(job["outputs"][0], photo.with_suffix(".png"))
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
