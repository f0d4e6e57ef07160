"""TRACER-B7 (Lee, Shin and Han, AAAI 2022), as carvekit runs it.

Input 640×640 RGB of 0..1, resized bilinearly without aliasing and without regard to the aspect, then ImageNet's mean
and deviation; the sigmoid is cut to 8 bits and resized back bilinearly
(OPHoperHPO/image-background-remove-tool f141a311 `carvekit/ml/wrap/tracer_b7.py`). No stretching.
"""

from PIL import Image

from worker.inference.recipe import Keys
from worker.segmentation import matte, reduce
from worker.segmentation.family import IMAGENET, Family, Levels

FAMILY = Family(
    levels=Levels(*IMAGENET),
    reduce=reduce.pillow_float(Image.Resampling.BILINEAR),
    restore=matte.pillow(Image.Resampling.BILINEAR),
    dtype="float32",  # as upstream, which resizes the tensor
    # The official file calls the encoder `model`, and every file holds the edge module that only training uses.
    keys=Keys(renamed=(("model.", "encoder."),), ignored=("edge",)),
)
