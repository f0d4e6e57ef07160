"""FBA matting (Forte and Pitié, 2020) in the band where the network is not sure: alpha from photo and trimap.

The network sees the part of the photo that holds the band, reduced to at most 1024 px, since a pass over 1024²
takes seconds and 1.7 GB; guided upsampling brings the result to the photo's size. Photo and trimap go in as upstream
feeds them (MarcoForte/FBA_Matting 8dd100d7 `demo.py`): RGB under ImageNet's mean and deviation, and what the trimap
knows overrides what comes out.

Its colours of subject and background are not used: they exist in that part alone, at that size alone, and
decontamination estimates the subject's from photo and alpha for every method alike.
"""

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.catalog import ModelCard
from worker.imaging.types import Alpha, Rgb
from worker.inference.loading import load_network
from worker.inference.recipe import Network, Passes, Recipe, parked
from worker.matting.trimap import (
    SUBJECT,
    UNKNOWN,
    Trimap,
    distance_planes,
    generate,
    two_channels,
)

if TYPE_CHECKING:
    from torch import nn

_SIDE_PX = 1024
"""Of the part that the network sees, at most."""
_MEGAPIXELS = 4.0
"""Of the whole photo at that scale, at most: a small band in a large photo is not worth more memory."""
_UNSURE = 13
"""A twentieth of 255: what the network doubts less is known, so that haze does not make all of a photo unknown."""
_OUTWARD_PX, _INWARD_PX = 6, 3
"""How far the band reaches beyond what the network is not sure of, in px of its matte."""
_CONTEXT_PX = 32
"""What the network sees of known pixels round the band, in px of the matte."""
_STRIDE_PX = 8

Part = tuple[slice, slice]


@dataclass(frozen=True, slots=True, eq=False)
class FbaMatting:
    """A loaded network; one may serve several threads."""

    network: Network

    @classmethod
    def load(cls, card: ModelCard, weights: Path, *, device: str, passes: Passes = "eager") -> "FbaMatting":
        """Load the network of a catalogue row from its weights file. Raises what `load_network` raises."""
        return cls(load_network(recipe(card), weights, device=device, passes=passes))

    def park(self) -> bool:
        """Leave the device's memory for the host's, where the network can; it comes back when it is used."""
        return parked(self.network)

    def solve(self, rgb: Rgb, matte: NDArray[Any]) -> NDArray[Any]:
        """A better matte, float32 0..1, of the photo's aspect and at most its size, from the network's (h, w).

        Raises OutOfMemory.
        """
        levels = cv2.convertScaleAbs(matte, alpha=255)
        size = _size(rgb, levels)
        levels = cv2.resize(levels, size, interpolation=cv2.INTER_LINEAR)
        scale = sqrt(levels.size / matte.size)
        trimap = _trimap(levels, scale)
        solved: NDArray[Any] = (trimap == SUBJECT).astype(np.float32)
        part = _around_the_unknown(trimap, round(_CONTEXT_PX * scale))
        if part is not None:
            photo = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
            solved[part] = self._solved(photo[part], trimap[part])
        return solved

    def _solved(self, photo: Rgb, trimap: Trimap) -> NDArray[Any]:
        """Alpha (h, w) of a part; 0 and 1 where the trimap says so."""
        height, width = trimap.shape
        border = (0, -height % _STRIDE_PX, 0, -width % _STRIDE_PX)
        whole = cv2.copyMakeBorder(photo, *border, cv2.BORDER_REPLICATE)
        marked = np.asarray(cv2.copyMakeBorder(trimap, *border, cv2.BORDER_REPLICATE), np.uint8)
        alpha = self.network.infer(planes_of(whole, marked)[None])[0, 0, :height, :width]
        return np.where(trimap == UNKNOWN, alpha, trimap == SUBJECT)


def recipe(card: ModelCard) -> Recipe:
    """How the runtime makes the network of a catalogue row."""
    return Recipe(
        name=card.arch,
        build=partial(_build, card.arch),
        wrap=_wrap,
        shape=(1, -1, -1, 11),
        precision="f32",
        dtype="float32",
        on_cuda="f32",
    )


def _build(arch: str) -> "nn.Module":
    network: nn.Module = import_module("worker.segmentation.arch").build(arch)
    return network


def _wrap(network: "nn.Module") -> "nn.Module":
    wrapped: nn.Module = import_module("worker.segmentation.arch.matting").PlanesNetwork(network)
    return wrapped


def _size(rgb: Rgb, levels: Alpha) -> tuple[int, int]:
    """Width and height of the photo at the scale at which the band's part fits the network."""
    height, width = rgb.shape[:2]
    scale = min(1.0, sqrt(_MEGAPIXELS * 1e6 / (height * width)))
    part = _around_the_unknown(_trimap(levels, 1), _CONTEXT_PX)
    if part is not None:
        down, across = (extent.stop - extent.start for extent in part)
        longer = max(across * width / levels.shape[1], down * height / levels.shape[0])
        scale = min(scale, _SIDE_PX / longer)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _trimap(levels: Alpha, scale: float) -> Trimap:
    """`scale`: px of `levels` per px of the network's matte."""
    sure = np.asarray(cv2.threshold(levels, _UNSURE - 1, 0, cv2.THRESH_TOZERO)[1], np.uint8)
    outward, inward = (max(1, round(px * scale)) for px in (_OUTWARD_PX, _INWARD_PX))
    return generate(sure, certain_above=255 - _UNSURE, dilation_px=outward, erosion_px=inward)


def _around_the_unknown(trimap: Trimap, context_px: int) -> Part | None:
    x, y, width, height = cv2.boundingRect(cv2.inRange(trimap, UNKNOWN, UNKNOWN))
    if not width:
        return None
    return (
        slice(max(0, y - context_px), min(y + height + context_px, trimap.shape[0])),
        slice(max(0, x - context_px), min(x + width + context_px, trimap.shape[1])),
    )


def planes_of(photo: Rgb, trimap: Trimap) -> NDArray[np.float32]:
    """What the network reads, (h, w, 11): RGB of 0..1, two marks, six distances."""
    marks = two_channels(trimap)
    planes = [*cv2.split(photo.astype(np.float32) / 255), *marks, *distance_planes(marks)]
    return np.ascontiguousarray(np.stack(planes, axis=-1), np.float32)
