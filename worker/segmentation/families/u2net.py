"""U²-Net, U²-NetP and BASNet (Qin et al., 2020 and 2019), as carvekit runs them.

Input 320×320 RGB, resized bicubically without regard to the aspect, divided by the largest value of the picture,
then ImageNet's mean and deviation; the output is the fused (BASNet: refined) map before the sigmoid. The sigmoid is
stretched to 0..1 and resized back bicubically (OPHoperHPO/image-background-remove-tool f141a311
`carvekit/ml/wrap/u2net.py`, `basnet.py`; the authors' own scripts do the same with bilinear filters).

The stretching is part of the method and makes the matte depend on the whole picture: one without a subject gets full
contrast too. Where all values are equal the matte stays as it is.
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
    """Leave the graph as it is: what divides the picture is known from the picture only."""
    return graph


def prepare(rgb: Rgb, card: ModelCard) -> NDArray[np.float32]:
    """(1, 3, side, side), normalised."""
    side = card.input_size or 320
    small = imagenet.resize(rgb, side, side, Image.Resampling.BICUBIC)
    return imagenet.normalise(small / max(int(small.max()), 1))


def read(output: NDArray[np.float32], card: ModelCard) -> Matte:
    """(side, side), 0..1, from logits."""
    matte = imagenet.sigmoid(output[0, 0])
    least, most = matte.min(), matte.max()
    if most == least:
        return matte
    return np.asarray((matte - least) / (most - least), np.float32)


def restore(matte: Matte, width: int, height: int) -> Matte:
    """The matte in the photo's size."""
    return imagenet.resize_matte(matte, width, height, Image.Resampling.BICUBIC)
