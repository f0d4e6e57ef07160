"""How far an int8 network is from the exact one, and whether that is little enough."""

import time
from collections.abc import Callable, Sequence
from statistics import fmean, median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.inference.recipe import Network
from worker.io.int8 import Differences
from worker.segmentation.matte import Matte

Read = Callable[[NDArray[Any]], Matte]

BOUNDS = Differences(photos=0, matte=0.003, iou=0.99, gradient=0.04, time=0.85)
"""`auto` takes an int8 network whose differences are not beyond these: see docs/models.md for how they were found."""


def differences(
    exact: Network,
    int8: Network,
    read: Read,
    batches: Sequence[NDArray[Any]],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Differences:
    """Run both on the same photos by turns; mattes are compared in the network's own size."""
    found, times = [], []
    for network in (exact, int8):
        network.infer(batches[0])  # the first pass takes longer
    for done, batch in enumerate(batches, 1):
        ours, our_seconds = _timed(int8, batch)
        theirs, their_seconds = _timed(exact, batch)
        found.append(_between(read(ours), read(theirs)))
        times.append(our_seconds / their_seconds)
        progress(done, len(batches))
    matte, iou, change, steps = (fmean(column) for column in zip(*found, strict=True))
    gradient = change / max(steps, 1e-6)  # of mattes without any edge, each is a change
    return Differences(photos=len(batches), matte=matte, iou=iou, gradient=gradient, time=median(times))


def is_close(found: Differences) -> bool:
    """Whether `auto` may take it."""
    return (
        found.matte <= BOUNDS.matte
        and found.iou >= BOUNDS.iou
        and found.gradient <= BOUNDS.gradient
        and found.time <= BOUNDS.time
    )


def _timed(network: Network, batch: NDArray[Any]) -> tuple[NDArray[Any], float]:
    started = time.perf_counter()
    output = network.infer(batch)
    return output, time.perf_counter() - started


def _between(ours: Matte, theirs: Matte) -> tuple[float, float, float, float]:
    """Mean difference, overlap, sum of squared differences of gradients, sum of the exact one's squares."""
    mine, true = ours >= 0.5, theirs >= 0.5
    either = int(np.count_nonzero(mine | true))
    # Two mattes without a subject agree, though they have no pixel in common.
    overlap = int(np.count_nonzero(mine & true)) / either if either else 1.0
    steps = gradient_of(theirs)
    change = np.square(gradient_of(ours) - steps).sum()
    return float(np.abs(ours - theirs).mean()), overlap, float(change), float(np.square(steps).sum())


def gradient_of(matte: Matte) -> NDArray[np.float32]:
    """Magnitudes, as the gradient error of matting is defined: Sobel after a Gaussian of sigma 1.4."""
    smooth = cv2.GaussianBlur(np.asarray(matte, np.float32), (0, 0), 1.4)
    return np.asarray(cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)))
