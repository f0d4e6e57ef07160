"""ORMBG (schirrmacher, 2024): IS-Net trained on people, fed with `x / 255` and nothing subtracted.

All else is IS-Net's (schirrmacher/ormbg@5b26066 `inference.py`).
"""

from dataclasses import replace

from worker.segmentation.families.isnet import FAMILY as ISNET
from worker.segmentation.family import Levels

FAMILY = replace(ISNET, levels=Levels((0, 0, 0), (1, 1, 1)))
