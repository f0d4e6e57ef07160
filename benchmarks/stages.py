"""Where the time of one job goes: everything but inference, against inference.

python -m benchmarks.stages
"""

import argparse
import io
import time
from collections.abc import Callable
from statistics import median

from rich.progress import track

from benchmarks.publishing.report import Row, report
from benchmarks.service.photos import SIZES, jpeg
from shared.catalog import CARDS
from shared.limits import picture_limits
from shared.settings import load_settings
from shared.spec.output import OutputSpec
from shared.spec.refine import RefineSpec
from shared.storage.memory import MemoryObjectStore
from worker.imaging.artefact import encode_matte_artefact
from worker.imaging.colour import to_srgb
from worker.imaging.decode import decode
from worker.imaging.encode import encode
from worker.imaging.types import Cutout
from worker.io.weights import Weights
from worker.matting.foreground import estimate_foreground
from worker.matting.quality import assess
from worker.matting.refine import refine
from worker.process.one_thread import keep_opencv_on_its_thread
from worker.segmentation.loading import load_segmenter
from worker.segmentation.segmenter import Segmenter

ROUNDS = 7


class Clock:
    """Collects how long each part took, round by round."""

    def __init__(self) -> None:
        self.parts: dict[str, list[float]] = {}

    def time(self, part: str, work: Callable[[], object]):
        started = time.perf_counter()
        result = work()
        self.parts.setdefault(part, []).append(time.perf_counter() - started)
        return result


def one_job(photo_bytes: bytes, segmenter: Segmenter, clock: Clock) -> None:
    """What segment and render do, part by part, on this one thread."""
    limits = picture_limits(load_settings())
    objects = MemoryObjectStore()
    photo = clock.time("decode", lambda: decode(photo_bytes, limits))
    srgb = clock.time("to sRGB", lambda: to_srgb(photo.rgb, photo.icc_profile))
    batch = clock.time("prepare", lambda: segmenter.family.prepare(srgb, segmenter.card))
    output = clock.time("inference", lambda: segmenter.network.infer(batch))
    matte = segmenter.family.read(output, segmenter.card)
    alpha = clock.time("refine", lambda: refine(photo.rgb, matte, RefineSpec()))
    clock.time("assess", lambda: assess(alpha))
    matte_file = clock.time("matte file", lambda: encode_matte_artefact(alpha))
    colours = clock.time("foreground", lambda: estimate_foreground(photo.rgb, alpha))
    encoded = clock.time("encode", lambda: encode(Cutout.of(colours, alpha), OutputSpec()))
    clock.time("store", lambda: [put(objects, data) for data in (matte_file, encoded.data)])


def put(objects: MemoryObjectStore, data: memoryview) -> None:
    objects.put("t/local/job_1/input", io.BytesIO(data), content_type="image/png")


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    settings = load_settings()
    keep_opencv_on_its_thread()
    card = CARDS["imgly-medium"]
    segmenter = load_segmenter(card, Weights(settings.model_cache, settings.model_dir).get(card).path)
    rows = [row(width, height, segmenter) for width, height in track(SIZES, "sizes")]
    report("stages", "Seconds of one job by part; overhead is all but inference, as a share of it", rows)


def row(width: int, height: int, segmenter: Segmenter) -> Row:
    photo_bytes, clock = jpeg(width, height), Clock()
    for _ in range(ROUNDS):
        one_job(photo_bytes, segmenter, clock)
    parts = {part: median(seconds[1:]) for part, seconds in clock.parts.items()}
    overhead = sum(parts.values()) - parts["inference"]
    return {"size": f"{width}x{height}", **parts, "overhead / inference": overhead / parts["inference"]}


if __name__ == "__main__":
    main()
