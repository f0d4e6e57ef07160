"""BASNet (Qin et al., CVPR 2019): input and output are those of `u2net`, its authors' next network."""

from worker.segmentation.families.u2net import FAMILY

__all__ = ["FAMILY"]
