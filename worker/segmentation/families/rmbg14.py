"""RMBG-1.4 (BRIA AI, 2024): IS-Net under its own weights.

Input 1024×1024 RGB, resized bilinearly on floats (with aliasing) without regard to the aspect, `x / 255 - 0.5`; the
sigmoid is resized bilinearly and stretched to 0..1 in the photo's size (briaai/RMBG-1.4, model card, `utilities.py`).
"""

from dataclasses import replace

from worker.segmentation import reduce
from worker.segmentation.families.isnet import FAMILY as ISNET

FAMILY = replace(ISNET, reduce=reduce.bilinear, dtype="float32")
