"""TRACER-B7 (Lee, Shin and Han, AAAI 2022), as carvekit runs it.

Input 640×640 RGB of 0..1, resized bilinearly without aliasing and without regard to the aspect, then ImageNet's mean
and deviation; the output is the map before the sigmoid, resized back bilinearly in 8 bits
(OPHoperHPO/image-background-remove-tool f141a311 `carvekit/ml/wrap/tracer_b7.py`). No stretching.
"""

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from PIL import Image

from shared.catalog import ModelCard
from worker.imaging.types import Rgb
from worker.segmentation import imagenet
from worker.segmentation.segmenter import Matte


def prepare_graph(graph: ov.Model) -> ov.Model:
    """Leave the graph as it is."""
    return graph


def prepare(rgb: Rgb, card: ModelCard) -> NDArray[np.float32]:
    """(1, 3, side, side), normalised; side is a multiple of 32."""
    side = card.input_size or 640
    # In float32 as upstream, which resizes the tensor: 8 bits would round between resizing and normalising.
    planes = [
        np.asarray(Image.fromarray(plane).resize((side, side), Image.Resampling.BILINEAR))
        for plane in np.asarray(rgb, np.float32).transpose(2, 0, 1) / np.float32(255)
    ]
    return imagenet.normalise(np.stack(planes, 2))


def read(output: NDArray[np.float32], card: ModelCard) -> Matte:
    """(side, side), 0..1, from logits."""
    return imagenet.sigmoid(output[0, 0])


def restore(matte: Matte, width: int, height: int) -> Matte:
    """The matte in the photo's size."""
    return imagenet.resize_matte(matte, width, height, Image.Resampling.BILINEAR)
