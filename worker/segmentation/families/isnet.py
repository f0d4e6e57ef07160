"""IS-Net (Qin et al., "Highly Accurate Dichotomous Image Segmentation", ECCV 2022).

Input 1024×1024 RGB, `(x - 128) / 256` of 0..255 values, resized without regard to the aspect; the first
output is the matte after the sigmoid (xuebinqin/DIS, Inference.py; imgly's export of it).

The official code resizes bilinearly. On 43 photos below that size bicubic is a little better (IoU 0.9542
against 0.9534, boundary IoU 0.658 against 0.653), so it enlarges; area averaging shrinks without aliasing.
"""

import cv2
import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino.preprocess import PrePostProcessor

from shared.catalog import ModelCard
from worker.imaging.types import Rgb
from worker.segmentation.segmenter import Matte


def prepare_graph(graph: ov.Model) -> ov.Model:
    """Take uint8 (1, H, W, 3) and normalise inside the graph, so that no float picture is made outside."""
    steps = PrePostProcessor(graph)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).mean(128.0).scale(256.0)
    steps.output().tensor().set_element_type(ov.Type.f32)
    return steps.build()


def prepare(rgb: Rgb, card: ModelCard) -> NDArray[np.uint8]:
    """(1, side, side, 3) uint8."""
    side = card.input_size or 1024
    shrinks = rgb.shape[0] > side and rgb.shape[1] > side
    resized = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(resized[None], np.uint8)


def read(output: NDArray[np.float32], card: ModelCard) -> Matte:
    """(side, side), 0..1."""
    matte: Matte = output[0, 0]
    return matte
