"""DeepLabV3-ResNet101 (Chen et al., 2017), as carvekit runs it: whatever is no background is the subject.

Input RGB of 0..1, reduced bicubically to 1024 px at most with its aspect and never enlarged, then ImageNet's mean
and deviation; the output is 21 logits a pixel, and the mask is hard: 1 where the likeliest class is not the
background. It is resized back bicubically (OPHoperHPO/image-background-remove-tool f141a311
`carvekit/ml/wrap/deeplab_v3.py`).

Upstream multiplies the class by 255 in 8 bits, which overflows: a person (15) comes out as 241 instead of 255.
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
    """Leave the graph as it is; its height and width must be dynamic."""
    return graph


def prepare(rgb: Rgb, card: ModelCard) -> NDArray[np.float32]:
    """(1, 3, H, W), normalised; the longer side is 1024 px at most."""
    side = card.input_size or 1024
    picture = Image.fromarray(rgb)
    picture.thumbnail((side, side), Image.Resampling.BICUBIC)
    return imagenet.normalise(np.asarray(picture, np.float32) / np.float32(255))


def read(output: NDArray[np.float32], card: ModelCard) -> Matte:
    """(H, W), 0 or 1, from the logits of the classes."""
    return np.asarray(classes(output) > 0, np.float32)


def classes(output: NDArray[np.float32]) -> NDArray[np.intp]:
    """(H, W): the likeliest class of each pixel, 0 for the background."""
    return np.asarray(np.argmax(output[0], 0), np.intp)


def restore(matte: Matte, width: int, height: int) -> Matte:
    """The matte in the photo's size."""
    return imagenet.resize_matte(matte, width, height, Image.Resampling.BICUBIC)
