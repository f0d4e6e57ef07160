"""IS-Net, the one network behind three checkpoints: IS-Net general use, RMBG-1.4 and ORMBG.

Qin et al., Highly Accurate Dichotomous Image Segmentation (arXiv:2203.03041), on the blocks of U²-Net
(arXiv:2005.09007). Keys and arithmetic of xuebinqin/DIS@b6764e2 `IS-Net/models/isnet.py` (Apache-2.0); the networks
of briaai/RMBG-1.4 and schirrmacher/ormbg@5b26066 are the same. Any size; pooling rounds up, every upsampling is
bilinear to its partner's size, corners not aligned.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from worker.segmentation.arch.rsu import RSU, RSU4F, halved, resized


class ISNet(nn.Module):
    """(B, 3, H, W), normalised as the checkpoint wants it, to logits (B, 1, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(3, 64, 3, stride=2, padding=1)
        self.stage1 = RSU(7, 64, 32, 64)
        self.stage2 = RSU(6, 64, 32, 128)
        self.stage3 = RSU(5, 128, 64, 256)
        self.stage4 = RSU(4, 256, 128, 512)
        self.stage5 = RSU4F(512, 256, 512)
        self.stage6 = RSU4F(512, 256, 512)
        self.stage5d = RSU4F(1024, 256, 512)
        self.stage4d = RSU(4, 1024, 128, 256)
        self.stage3d = RSU(5, 512, 64, 128)
        self.stage2d = RSU(6, 256, 32, 64)
        self.stage1d = RSU(7, 128, 16, 64)
        # side2 to side6 serve training only, but are in every checkpoint.
        for k, channels in enumerate((64, 64, 128, 256, 512, 512), start=1):
            self.add_module(f"side{k}", nn.Conv2d(channels, 1, 3, padding=1))

    def forward(self, image: Tensor) -> Tensor:
        x1 = self.stage1(self.conv_in(image))  # (B, 64, H/2, W/2)
        x2 = self.stage2(halved(x1))  # (B, 128, H/4, W/4)
        x3 = self.stage3(halved(x2))  # (B, 256, H/8, W/8)
        x4 = self.stage4(halved(x3))  # (B, 512, H/16, W/16)
        x5 = self.stage5(halved(x4))  # (B, 512, H/32, W/32)
        x6 = self.stage6(halved(x5))  # (B, 512, H/64, W/64)

        x = self.stage5d(torch.cat((resized(x6, x5), x5), 1))
        x = self.stage4d(torch.cat((resized(x, x4), x4), 1))
        x = self.stage3d(torch.cat((resized(x, x3), x3), 1))
        x = self.stage2d(torch.cat((resized(x, x2), x2), 1))
        x = self.stage1d(torch.cat((resized(x, x1), x1), 1))
        return resized(self.side1(x), image)


def isnet() -> ISNet:
    """Build IS-Net: 44 M parameters, for the weights of IS-Net, RMBG-1.4 and ORMBG."""
    return ISNet()
