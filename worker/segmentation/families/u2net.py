"""U²-Net, U²-NetP and BASNet (Qin et al., 2020 and 2019), as carvekit runs them.

Input 320×320 RGB, resized bicubically without regard to the aspect, divided by the largest value of the picture, then
ImageNet's mean and deviation; the output is the fused (BASNet: refined) map. Its sigmoid is stretched to 0..1 and
resized back bicubically in 8 bits (OPHoperHPO/image-background-remove-tool f141a311 `carvekit/ml/wrap/u2net.py`,
`basnet.py`; their official scripts do the same with bilinear filters).
"""

from PIL import Image

from worker.segmentation import matte, reduce
from worker.segmentation.family import IMAGENET, Family, Levels

FAMILY = Family(
    levels=Levels(*IMAGENET, by_brightest=True),
    reduce=reduce.pillow(Image.Resampling.BICUBIC),
    restore=matte.pillow(Image.Resampling.BICUBIC),
    stretch="small",
)
