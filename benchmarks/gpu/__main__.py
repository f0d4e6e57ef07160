"""Networks on a GPU: images a second, share of what its matrix units could do, memory, leaving and coming back;
then refinement and colours there, against one thread of the CPU.

python -m benchmarks.gpu                                 all of it, into benchmarks/results/gpu*.json (half an hour)
python -m benchmarks.gpu birefnet-general --ways compiled     through torch.compile: minutes for each batch size
python -m benchmarks.gpu u2netp --device cpu --side 64 --batches 1,2 --seconds 0.1    whether the benchmark runs

`float32`: torch call by call in float32, one pass at a time (cuDNN may take TF32, as it does by default); `eager`:
half precision, copies beside the computing; `recorded`: each batch size recorded once as a CUDA graph; `compiled`:
through torch.compile, then recorded. A rate counts from bytes in the host's memory to a matte there. Megapixels are
those that come out. Weights are seeded; differences are to float32, as shares of the largest value.

Published for BiRefNet at 1024² with one picture (its README): A100 86.8 ms in float32 and 69.4 in fp16, RTX 4090 95.8
and 57.7, V100 384 and 152.

Never run on a GPU.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import torch

from benchmarks.gpu.bench import FLOAT32, WAYS, Bench
from benchmarks.gpu.finishing import finishing_rows
from benchmarks.gpu.peak import measured_teraflops, teraflops_of
from benchmarks.models import SUBJECTS, Subject
from benchmarks.publishing.report import Row, kept_rows, report, show
from benchmarks.service.photos import SIZES
from shared.catalog import UPSCALERS
from worker.inference.device.cuda import cuda
from worker.process.one_thread import keep_opencv_on_its_thread

DEFAULT = (
    "birefnet-general",
    "birefnet-lite",
    "inspyrenet",
    "isnet-general-use",
    "rmbg-1.4",
    "realesrgan-x4plus",
    "realesr-general-x4v3",
)
"""RMBG-2.0 is BiRefNet general under other weights."""
PARKED = ("birefnet-general", "isnet-general-use", "inspyrenet")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SUBJECTS)}")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--ways", default="float32,eager,recorded", help=f"of {', '.join(WAYS)}")
    parser.add_argument("--batches", default="1,2,4,8,16,32")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each rate")
    parser.add_argument("--side", type=int, help="of the pictures, instead of each network's own")
    given = parser.parse_args(arguments)
    if given.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("benchmarks.gpu measures a CUDA device, and this machine has none.")
    ways = given.ways.split(",")
    bench = _bench(given.device, given.seconds)
    subjects = [_sized(SUBJECTS[name], given.side) for name in given.names or DEFAULT]
    batches = [int(count) for count in given.batches.split(",")]
    rates = [
        row | _megapixels(row, subject)
        for subject in subjects
        for way in ways
        for row in bench.rates(subject, way, batches)
    ]
    parked = [subject for subject in subjects if given.names or subject.name in PARKED]
    parking = [bench.parking(subject, way) for subject in parked for way in ways if way != FLOAT32]
    _publish(
        given.device, "gpu", "Images a second by network, way and batch", ("model", "way", "batch"), rates
    )
    if parking:
        _publish(given.device, "gpu_parking", "Seconds to leave and to come back", ("model", "way"), parking)
    sizes = ((given.side, given.side),) if given.side else SIZES
    finished = list(finishing_rows(bench.accelerator, sizes, given.seconds))
    _publish(given.device, "gpu_finishing", "Seconds of refinement and colours", ("size", "part"), finished)


def _bench(device: str, seconds: float) -> Bench:
    if device == "cpu":
        from tests.worker.inference.device.twin import Twin  # noqa: PLC0415  (what tests have)

        return Bench(Twin(), None, measured_teraflops(torch.device("cpu"), 256), seconds)
    peak = teraflops_of(torch.cuda.get_device_name())
    return Bench(cuda(), peak, measured_teraflops(torch.device("cuda"), 8192), seconds)


def _sized(subject: Subject, side: int | None) -> Subject:
    if side is None:
        return subject
    return replace(subject, recipe=replace(subject.recipe, shape=(1, side, side, subject.recipe.shape[3])))


def _megapixels(row: Row, subject: Subject) -> Row:
    """Megapixels a second that come out."""
    scale = UPSCALERS[subject.name].scale if subject.name in UPSCALERS else 1
    return {"MP/s": row["images/s"] * (scale * subject.side) ** 2 / 1e6}  # type: ignore[operator]


def _publish(device: str, name: str, question: str, keys: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Rows measured before stay where these are not of the same network, way and batch."""
    if device == "cpu":
        show(question, rows)
        return
    measured = {tuple(row[key] for key in keys): row for row in [*kept_rows(name), *rows]}
    report(name, f"{question} on {torch.cuda.get_device_name()}", list(measured.values()))


if __name__ == "__main__":
    keep_opencv_on_its_thread()
    main()
