"""One whole job, from the first byte sent to the last byte received, against rembg's `remove()` in the same run.

python -m benchmarks.against_rembg
"""

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from api.cli.stack import running_stack
from api.client.client import CutroomClient
from benchmarks.publishing.report import Row, report
from benchmarks.rivals.rembg import Rembg, rembg
from benchmarks.service.photos import SIZES, jpeg
from shared.catalog import CARDS
from shared.settings import load_settings
from worker.io.weights import Weights

ROUNDS = 6
SAME_WORK = {"refine": {"method": "none", "decontaminate": False}}
"""What rembg does: the matte enlarged, the photo's own colours."""


def main() -> None:
    settings = load_settings()
    weights = Weights(settings.model_cache, settings.model_dir).get(CARDS["imgly-medium"]).path
    with (
        running_stack() as stack,
        CutroomClient(stack.url) as client,
        rembg(weights) as rival,
        tempfile.TemporaryDirectory() as folder,
    ):
        while not client.is_ready():
            time.sleep(0.2)
        rows = [row(width, height, client, rival, Path(folder)) for width, height in SIZES]
    report("against_rembg", "Seconds of one whole job against rembg's remove(), same weights, one run", rows)


def row(width: int, height: int, client: CutroomClient, rival: Rembg, folder: Path) -> Row:
    photos = [folder / f"{width}x{height}-{number}.jpg" for number in range(ROUNDS)]
    for number, photo in enumerate(photos):
        photo.write_bytes(jpeg(width, height, number))
    # Turn by turn, so that whatever else the machine does hits all; the first turn warms them up.
    turns = [
        (whole_job(photo, client, {}), whole_job(photo, client, SAME_WORK), rival.remove(photo))
        for photo in photos
    ][1:]
    full, same, theirs = (median(seconds) for seconds in zip(*turns, strict=True))
    return {
        "size": f"{width}x{height}",
        "cutroom": full,
        "the same work": same,
        "rembg": theirs,
        "times as fast": theirs / full,
        "at the same work": theirs / same,
    }


def whole_job(photo: Path, client: CutroomClient, spec: Mapping[str, object]) -> float:
    """Seconds from posting the photo to holding its cut-out on disk, over HTTP and the queue."""
    parts_spec = (None, json.dumps(spec), "application/json")
    started = time.perf_counter()
    # One held request: on two cores a client that polls a hundred times a second takes them from the network.
    with photo.open("rb") as body:
        job = client.send(
            "POST", "/v1/jobs", files={"image": body, "spec": parts_spec}, headers={"Prefer": "wait=60"}
        ).json()
    client.download(job["outputs"][0], photo.with_suffix(".png"))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
