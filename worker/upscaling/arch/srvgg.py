"""SRVGGNetCompact: a plain VGG-like stack at low resolution, enlarged once at the very end.

Wang et al., Real-ESRGAN (arXiv:2107.10833), and xinntao/Real-ESRGAN `archs/srvgg_arch.py` at a4abfb29, whose
checkpoint keys this keeps (BSD-3-Clause). Receptive radius: `num_conv` + 2 input pixels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SRVGGNetCompact(nn.Module):
    """`num_conv` + 2 convolutions with PReLU between them; the last makes what nearest neighbour lacks."""

    def __init__(self, num_conv: int, num_feat: int = 64, upscale: int = 4) -> None:
        super().__init__()
        self.upscale = upscale
        layers: list[nn.Module] = [nn.Conv2d(3, num_feat, 3, padding=1), nn.PReLU(num_feat)]
        for _ in range(num_conv):
            layers += [nn.Conv2d(num_feat, num_feat, 3, padding=1), nn.PReLU(num_feat)]
        layers.append(nn.Conv2d(num_feat, 3 * upscale**2, 3, padding=1))
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Enlarge (B, 3, H, W) to (B, 3, 4H, 4W), not clamped."""
        residual = F.pixel_shuffle(self.body(x), self.upscale)  # (B, 48, H, W) -> (B, 3, 4H, 4W)
        base = F.interpolate(x, scale_factor=float(self.upscale), mode="nearest")
        return torch.add(residual, base)
