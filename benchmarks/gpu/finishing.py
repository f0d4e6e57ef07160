"""Refinement and colours of whole photos: one thread of the CPU against the device."""

from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.gpu.rate import rate
from benchmarks.growth.pixels import Ellipse
from benchmarks.publishing.report import Row
from shared.spec.refine import RefineSpec
from worker.imaging.types import Rgb
from worker.inference.device.accelerator import Accelerator
from worker.matting.finishing import Finishing, OnCpu
from worker.matting.on_device.finishing import OnDevice


def finishing_rows(
    accelerator: Accelerator, sizes: tuple[tuple[int, int], ...], seconds: float
) -> Iterator[Row]:
    """Seconds of each, from an array in the host's memory to one there, and how far they are apart."""
    matte, device = Ellipse().infer(np.empty(0, np.uint8))[0, 0], OnDevice(accelerator)
    for width, height in sizes:
        for row in _rows_of(_photo(width, height), matte, device, seconds):
            yield {"size": f"{width}x{height}", **row}


def _rows_of(photo: Rgb, matte: NDArray[np.float32], device: Finishing, seconds: float) -> Iterator[Row]:
    cpu = OnCpu()
    alpha = cpu.guided_upsampling(photo, matte, RefineSpec())
    parts: dict[str, Callable[[Finishing], NDArray[np.uint8]]] = {
        "refine": lambda finishing: finishing.guided_upsampling(photo, matte, RefineSpec()),
        "foreground": lambda finishing: finishing.estimate_foreground(photo, alpha),
    }
    for part, made in parts.items():
        here, there = (1 / rate(partial(made, one), seconds) for one in (cpu, device))
        yield {
            "part": part,
            "CPU s": here,
            "GPU s": there,
            "times": here / there,
            "mean levels apart": float(cv2.absdiff(made(cpu), made(device)).mean()),
        }


def _photo(width: int, height: int) -> Rgb:
    """Soft patches of any colour."""
    patches = np.random.default_rng(1).integers(0, 256, (48, 36, 3), np.uint8)
    return np.asarray(cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC))
