"""InSPyReNet's pyramid: where the object is from a small copy of the photo, how its edges run from a large one.

Both copies RGB, resized bilinearly without aliasing and without regard to the aspect, 384×384 and 1024×1024,
ImageNet's mean and deviation; the large pass adds its Laplacians where the small one's map changes, the sigmoid is
stretched to 0..1 and resized bilinearly with aligned corners (plemeri/InSPyReNet@692ad8a `lib/InSPyReNet.py`
`forward_inference`, threshold 512, for weights of base size 384). Upstream keeps the large copy's aspect, its longer
side at most 1280 px; a converted graph has one size.
"""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.catalog import ModelCard
from worker.imaging.types import Rgb
from worker.segmentation import reduce
from worker.segmentation.families.inspyrenet import FAMILY as SINGLE

if TYPE_CHECKING:
    from torch import nn

SMALL_SIDE = 384
_THRESHOLD = 512
_resized = reduce.pillow(Image.Resampling.BILINEAR)


def both_copies(rgb: Rgb, side: int) -> NDArray[np.uint8]:
    """(side + 384, side, 3): the large copy, and below its left half the small one."""
    canvas = np.zeros((*_shape(side), 3), np.uint8)
    canvas[:side, :side] = _resized(rgb, side)
    canvas[side:, :SMALL_SIDE] = _resized(rgb, SMALL_SIDE)
    return canvas


def _shape(side: int) -> tuple[int, int]:
    return side + SMALL_SIDE, side


def _inside(network: "nn.Module") -> "nn.Module":
    pair: nn.Module = import_module("worker.segmentation.arch.pyramid").PyramidOfTwo(
        network, SMALL_SIDE, _THRESHOLD
    )
    return pair


def _options(_card: ModelCard) -> Mapping[str, Any]:
    return {"base_size": (SMALL_SIDE, SMALL_SIDE)}


FAMILY = replace(SINGLE, reduce=both_copies, shape=_shape, inside=_inside, options=_options)
