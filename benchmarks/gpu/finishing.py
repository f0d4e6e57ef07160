"""Refinement and colours of whole photos: one thread of the CPU against the device."""

from collections.abc import Iterator

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
        photo = _photo(width, height)
        alpha = OnCpu().guided_upsampling(photo, matte, RefineSpec())

        def edges(finishing: Finishing, photo=photo) -> NDArray[np.uint8]:
            return finishing.guided_upsampling(photo, matte, RefineSpec())

        def colours(finishing: Finishing, photo=photo, alpha=alpha) -> NDArray[np.uint8]:
            return finishing.estimate_foreground(photo, alpha)

        for part, made in (("refine", edges), ("foreground", colours)):
            here, there = (
                1 / rate(lambda made=made, one=one: made(one), seconds) for one in (OnCpu(), device)
            )
            gaps = np.abs(made(OnCpu()).astype(np.int16) - made(device))
            yield {
                "size": f"{width}x{height}",
                "part": part,
                "CPU s": here,
                "GPU s": there,
                "times": here / there,
                "mean levels apart": float(gaps.mean()),
            }


def _photo(width: int, height: int) -> Rgb:
    """Soft patches of any colour."""
    patches = np.random.default_rng(1).integers(0, 256, (48, 36, 3), np.uint8)
    return np.asarray(cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC))
