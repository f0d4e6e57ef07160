"""One whole job, from the first byte sent to the last byte received, against rembg's `remove()` in the same run.

python -m benchmarks.against_rembg
"""

import tempfile
import time
from pathlib import Path
from statistics import median

from api.cli.stack import running_stack
from api.client.client import CutroomClient
from benchmarks.photos import SIZES, jpeg
from benchmarks.report import Row, report
from benchmarks.rivals.rembg import Rembg, rembg
from shared.catalog import CARDS
from shared.settings import load_settings
from worker.io.weights import Weights

ROUNDS = 6


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
    # Turn by turn, so that whatever else the machine does hits both; the first turn warms both up.
    turns = [(whole_job(photo, client), rival.remove(photo)) for photo in photos][1:]
    ours, theirs = (median(seconds) for seconds in zip(*turns, strict=True))
    return {"size": f"{width}x{height}", "cutroom": ours, "rembg": theirs, "times as fast": theirs / ours}


def whole_job(photo: Path, client: CutroomClient) -> float:
    """Seconds from posting the photo to holding its cut-out on disk, over HTTP and the queue."""
    started = time.perf_counter()
    # One held request: on two cores a client that polls a hundred times a second takes them from the network.
    with photo.open("rb") as body:
        job = client.send("POST", "/v1/jobs", files={"image": body}, headers={"Prefer": "wait=60"}).json()
    client.download(job["outputs"][0], photo.with_suffix(".png"))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
