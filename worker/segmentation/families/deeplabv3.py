"""DeepLabV3-ResNet101 (Chen et al., 2017), as carvekit runs it: whatever is no background is the subject.

Input RGB of 0..1, reduced bicubically to 1024 px at most with its aspect and never enlarged, then ImageNet's mean and
deviation; of 21 classes a pixel the likeliest counts, and the mask is hard: 1 where it is not the background. It is
resized back bicubically (OPHoperHPO/image-background-remove-tool f141a311 `carvekit/ml/wrap/deeplab_v3.py`).

Upstream multiplies the class by 255 in 8 bits, which overflows: a person (15) comes out as 241 instead of 255.
"""

from PIL import Image

from worker.inference.recipe import Keys
from worker.segmentation import matte, reduce
from worker.segmentation.family import IMAGENET, Family, Levels

FAMILY = Family(
    levels=Levels(*IMAGENET),
    reduce=reduce.thumbnail(Image.Resampling.BICUBIC),
    restore=matte.pillow(Image.Resampling.BICUBIC),
    finish="not_background",
    any_size=True,
    keys=Keys(optional=("aux_classifier.",)),  # supervision, in training only
)
