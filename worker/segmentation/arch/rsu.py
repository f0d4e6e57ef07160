"""The residual U-blocks of U²-Net, of which IS-Net is made, too: each a small U-net around its own first convolution.

Qin et al., "U²-Net: Going Deeper with Nested U-Structure for Salient Object Detection" (arXiv:2005.09007, figure 2);
keys and arithmetic of xuebinqin/U-2-Net ac7e1c81 `model/u2net.py` and xuebinqin/DIS@b6764e2 `IS-Net/models/isnet.py`,
both Apache-2.0. Any size: pooling rounds up, and what comes up again is resized to what it joins.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def halved(x: Tensor) -> Tensor:
    """Half the size, rounded up: the larger of each pair."""
    return F.max_pool2d(x, 2, stride=2, ceil_mode=True)


def resized(x: Tensor, like: Tensor) -> Tensor:
    """To the size of `like`, bilinear, corners not aligned."""
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


class REBNCONV(nn.Module):
    """3×3 convolution, dilated, with batch norm and ReLU."""

    def __init__(self, channels_in: int, channels_out: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(channels_in, channels_out, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn_s1(self.conv_s1(x)))


class RSU(nn.Module):
    """Residual U-block of `height` layers: RSU-7, -6, -5 and -4 of the paper."""

    def __init__(self, height: int, channels_in: int, mid: int, channels_out: int) -> None:
        super().__init__()
        self.height = height
        self.rebnconvin = REBNCONV(channels_in, channels_out)
        self.rebnconv1 = REBNCONV(channels_out, mid)
        for layer in range(2, height):
            self.add_module(f"rebnconv{layer}", REBNCONV(mid, mid))
        self.add_module(f"rebnconv{height}", REBNCONV(mid, mid, dilation=2))
        for layer in range(height - 1, 1, -1):
            self.add_module(f"rebnconv{layer}d", REBNCONV(2 * mid, mid))
        self.rebnconv1d = REBNCONV(2 * mid, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        entry = self.rebnconvin(x)
        encoded = [self.rebnconv1(entry)]  # layer k at index k - 1: (B, mid, H / 2^(k - 1), …)
        for layer in range(2, self.height):
            encoded.append(self.get_submodule(f"rebnconv{layer}")(halved(encoded[-1])))
        x = self.get_submodule(f"rebnconv{self.height}")(encoded[-1])  # dilated, not pooled
        for layer in range(self.height - 1, 0, -1):
            skip = encoded[layer - 1]
            if layer < self.height - 1:  # the deepest two share their size
                x = resized(x, skip)
            x = self.get_submodule(f"rebnconv{layer}d")(torch.cat((x, skip), 1))
        return x + entry


class RSU4F(nn.Module):
    """The block of the deepest stages: dilation 1, 2, 4, 8 stands for pooling, so all maps have one size."""

    def __init__(self, channels_in: int, mid: int, channels_out: int) -> None:
        super().__init__()
        self.rebnconvin = REBNCONV(channels_in, channels_out)
        self.rebnconv1 = REBNCONV(channels_out, mid)
        self.rebnconv2 = REBNCONV(mid, mid, dilation=2)
        self.rebnconv3 = REBNCONV(mid, mid, dilation=4)
        self.rebnconv4 = REBNCONV(mid, mid, dilation=8)
        self.rebnconv3d = REBNCONV(2 * mid, mid, dilation=4)
        self.rebnconv2d = REBNCONV(2 * mid, mid, dilation=2)
        self.rebnconv1d = REBNCONV(2 * mid, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        entry = self.rebnconvin(x)
        one = self.rebnconv1(entry)
        two = self.rebnconv2(one)
        three = self.rebnconv3(two)
        x = self.rebnconv4(three)
        x = self.rebnconv3d(torch.cat((x, three), 1))
        x = self.rebnconv2d(torch.cat((x, two), 1))
        return self.rebnconv1d(torch.cat((x, one), 1)) + entry
