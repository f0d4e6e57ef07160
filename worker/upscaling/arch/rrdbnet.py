"""RRDBNet, the generator of ESRGAN and Real-ESRGAN: residual-in-residual dense blocks, then twice ×2.

Wang et al., ESRGAN (arXiv:1809.00219, figure 4) and Real-ESRGAN (arXiv:2107.10833); keys as in basicsr 1.4.2
`archs/rrdbnet_arch.py` (Apache-2.0), which the official checkpoints use.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

RESIDUAL_SCALE = 0.2  # beta of the paper, section 3.1


def _conv(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, padding=1)


def _activate(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees the block's input and everything made before it."""

    def __init__(self, num_feat: int, num_grow: int) -> None:
        super().__init__()
        self.conv1 = _conv(num_feat, num_grow)
        self.conv2 = _conv(num_feat + num_grow, num_grow)
        self.conv3 = _conv(num_feat + 2 * num_grow, num_grow)
        self.conv4 = _conv(num_feat + 3 * num_grow, num_grow)
        self.conv5 = _conv(num_feat + 4 * num_grow, num_feat)

    def forward(self, x: Tensor) -> Tensor:
        seen = x
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            seen = torch.cat((seen, _activate(conv(seen))), 1)  # (B, 64 + 32k, H, W)
        return self.conv5(seen) * RESIDUAL_SCALE + x


class RRDB(nn.Module):
    """Three dense blocks inside one more residual."""

    def __init__(self, num_feat: int, num_grow: int) -> None:
        super().__init__()
        self.rdb1 = DenseBlock(num_feat, num_grow)
        self.rdb2 = DenseBlock(num_feat, num_grow)
        self.rdb3 = DenseBlock(num_feat, num_grow)

    def forward(self, x: Tensor) -> Tensor:
        return self.rdb3(self.rdb2(self.rdb1(x))) * RESIDUAL_SCALE + x


class RRDBNet(nn.Module):
    """`num_block` RRDBs at low resolution, then twice ×2; scale 2 first folds 2×2 pixels into channels."""

    def __init__(self, scale: int, num_block: int, num_feat: int = 64, num_grow: int = 32) -> None:
        super().__init__()
        self.fold = 4 // scale
        self.conv_first = _conv(3 * self.fold**2, num_feat)
        self.body = nn.Sequential(*(RRDB(num_feat, num_grow) for _ in range(num_block)))
        self.conv_body = _conv(num_feat, num_feat)
        self.conv_up1 = _conv(num_feat, num_feat)
        self.conv_up2 = _conv(num_feat, num_feat)
        self.conv_hr = _conv(num_feat, num_feat)
        self.conv_last = _conv(num_feat, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Enlarge (B, 3, H, W) to (B, 3, scale·H, scale·W), not clamped."""
        if self.fold > 1:
            x = F.pixel_unshuffle(x, self.fold)  # (B, 3, H, W) -> (B, 12, H/2, W/2)
        first = self.conv_first(x)
        x = first + self.conv_body(self.body(first))
        for conv in (self.conv_up1, self.conv_up2):
            x = _activate(conv(F.interpolate(x, scale_factor=2.0, mode="nearest")))
        return self.conv_last(_activate(self.conv_hr(x)))
