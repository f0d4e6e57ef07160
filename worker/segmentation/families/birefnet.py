"""BiRefNet (Zheng et al., "Bilateral Reference for High-Resolution Dichotomous Image Segmentation", 2024), RMBG-2.0.

Input 1024×1024 RGB (HR: 2048×2048), resized bilinearly without aliasing and without regard to the aspect, ImageNet's
mean and deviation; the sigmoid of the last output is cut to 8 bits and resized bicubically (ZhengPeng7/BiRefNet,
model card and `tutorials/BiRefNet_inference.ipynb`; briaai/RMBG-2.0, model card). No stretching.
"""

from PIL import Image

from shared.catalog import ModelCard
from worker.inference.recipe import Keys
from worker.segmentation import matte, reduce
from worker.segmentation.family import IMAGENET, Family, Levels


def _options(card: ModelCard) -> dict[str, str]:
    return {"patch_order": card.patch_order}


FAMILY = Family(
    levels=Levels(*IMAGENET),
    reduce=reduce.pillow(Image.Resampling.BILINEAR),
    restore=matte.pillow(Image.Resampling.BICUBIC),
    keys=Keys(optional=("decoder.conv_ms_spvn_", "decoder.gdt_convs_pred_")),  # supervision, in training only
    options=_options,
)
