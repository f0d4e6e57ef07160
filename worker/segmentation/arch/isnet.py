"""IS-Net, the one network behind three checkpoints: IS-Net general use, RMBG-1.4 and ORMBG.

Qin et al., Highly Accurate Dichotomous Image Segmentation (arXiv:2203.03041), on the blocks of U²-Net
(arXiv:2005.09007). Keys and arithmetic of xuebinqin/DIS@b6764e2 `IS-Net/models/isnet.py` (Apache-2.0); the networks
of briaai/RMBG-1.4 and schirrmacher/ormbg@5b26066 are the same. Any size; pooling rounds up, every upsampling is
bilinear to its partner's size, corners not aligned.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def _pool(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 2, stride=2, ceil_mode=True)


def _resize(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


class REBNCONV(nn.Module):
    """A 3×3 convolution, dilated, with BatchNorm and ReLU."""

    def __init__(self, channels_in: int, channels_out: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(channels_in, channels_out, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn_s1(self.conv_s1(x)))


class RSU(nn.Module):
    """Residual U-block of `levels` levels: a small U-net, whose result is added to its first convolution's."""

    def __init__(self, levels: int, channels_in: int, inner: int, channels_out: int) -> None:
        super().__init__()
        self.levels = levels
        self.rebnconvin = REBNCONV(channels_in, channels_out)
        self.rebnconv1 = REBNCONV(channels_out, inner)
        for k in range(2, levels):
            self.add_module(f"rebnconv{k}", REBNCONV(inner, inner))
        self.add_module(f"rebnconv{levels}", REBNCONV(inner, inner, dilation=2))
        for k in range(levels - 1, 1, -1):
            self.add_module(f"rebnconv{k}d", REBNCONV(2 * inner, inner))
        self.rebnconv1d = REBNCONV(2 * inner, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        residual = self.rebnconvin(x)
        down = [self.rebnconv1(residual)]
        for k in range(2, self.levels):
            down.append(self.get_submodule(f"rebnconv{k}")(_pool(down[-1])))
        x = self.get_submodule(f"rebnconv{self.levels}")(down[-1])  # the deepest two share their size
        for k in range(self.levels - 1, 0, -1):
            partner = down[k - 1]
            x = self.get_submodule(f"rebnconv{k}d")(torch.cat((_resize(x, partner), partner), 1))
        return x + residual


class RSU4F(nn.Module):
    """Residual U-block that dilates (1, 2, 4, 8) instead of pooling: every map has the input's size."""

    def __init__(self, channels_in: int, inner: int, channels_out: int) -> None:
        super().__init__()
        self.rebnconvin = REBNCONV(channels_in, channels_out)
        self.rebnconv1 = REBNCONV(channels_out, inner)
        self.rebnconv2 = REBNCONV(inner, inner, dilation=2)
        self.rebnconv3 = REBNCONV(inner, inner, dilation=4)
        self.rebnconv4 = REBNCONV(inner, inner, dilation=8)
        self.rebnconv3d = REBNCONV(2 * inner, inner, dilation=4)
        self.rebnconv2d = REBNCONV(2 * inner, inner, dilation=2)
        self.rebnconv1d = REBNCONV(2 * inner, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        residual = self.rebnconvin(x)
        first = self.rebnconv1(residual)
        second = self.rebnconv2(first)
        third = self.rebnconv3(second)
        x = self.rebnconv3d(torch.cat((self.rebnconv4(third), third), 1))
        x = self.rebnconv2d(torch.cat((x, second), 1))
        return self.rebnconv1d(torch.cat((x, first), 1)) + residual


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
        x2 = self.stage2(_pool(x1))  # (B, 128, H/4, W/4)
        x3 = self.stage3(_pool(x2))  # (B, 256, H/8, W/8)
        x4 = self.stage4(_pool(x3))  # (B, 512, H/16, W/16)
        x5 = self.stage5(_pool(x4))  # (B, 512, H/32, W/32)
        x6 = self.stage6(_pool(x5))  # (B, 512, H/64, W/64)

        x = self.stage5d(torch.cat((_resize(x6, x5), x5), 1))
        x = self.stage4d(torch.cat((_resize(x, x4), x4), 1))
        x = self.stage3d(torch.cat((_resize(x, x3), x3), 1))
        x = self.stage2d(torch.cat((_resize(x, x2), x2), 1))
        x = self.stage1d(torch.cat((_resize(x, x1), x1), 1))
        return _resize(self.side1(x), image)


def isnet() -> ISNet:
    """Build IS-Net: 44 M parameters, for the weights of IS-Net, RMBG-1.4 and ORMBG."""
    return ISNet()
