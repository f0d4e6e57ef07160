"""InSPyReNet (Kim et al., "Revisiting Image Pyramid Structure for High Resolution Salient Object Detection", 2022).

Input 1024×1024 RGB (fast: 384×384), resized bilinearly without aliasing and without regard to the aspect, ImageNet's
mean and deviation; the sigmoid is stretched to 0..1 and resized bilinearly with aligned corners
(plemeri/transparent-background@63e3443 `Remover.py` and `InSPyReNet.py`, `resize="static"`). One pass: that code
never blends two sizes, which `inspyrenet_pyramid` does.
"""

from PIL import Image

from shared.catalog import ModelCard
from worker.segmentation import matte, reduce
from worker.segmentation.family import IMAGENET, Family, Levels


def _options(card: ModelCard) -> dict[str, tuple[int | None, int | None]]:
    return {"base_size": (card.input_size, card.input_size)}


FAMILY = Family(
    levels=Levels(*IMAGENET),
    reduce=reduce.pillow(Image.Resampling.BILINEAR),
    restore=matte.aligned,
    stretch="small",
    options=_options,
)
