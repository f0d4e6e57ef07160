"""IS-Net (Qin et al., "Highly Accurate Dichotomous Image Segmentation", ECCV 2022).

Input 1024×1024 RGB, resized bilinearly on floats (with aliasing) without regard to the aspect and cut down to whole
levels, `x / 255 - 0.5`; the sigmoid is resized bilinearly and stretched to 0..1 in the photo's size
(xuebinqin/DIS@b6764e2 `IS-Net/Inference.py`).
"""

from worker.inference.recipe import Keys
from worker.segmentation import matte, reduce
from worker.segmentation.family import Family, Levels

SIDES = Keys(optional=tuple(f"side{number}." for number in range(2, 7)))
"""The maps that only training looks at."""

FAMILY = Family(
    levels=Levels((0.5, 0.5, 0.5), (1, 1, 1)),
    reduce=reduce.bilinear_truncated,
    restore=matte.bilinear,
    stretch="full",
    keys=SIDES,
)
