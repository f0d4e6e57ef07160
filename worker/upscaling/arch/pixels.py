"""A network from bytes to bytes: scaling, clamping and rounding run inside the graph, not in NumPy."""

import torch
from torch import Tensor, nn


class PixelNetwork(nn.Module):
    """Wrap a network of `arch` for uint8 pictures."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.dtype = next(network.parameters()).dtype

    def forward(self, pixels: Tensor) -> Tensor:
        """Enlarge uint8 (B, H, W, 3) to uint8 (B, scale·H, scale·W, 3), clamped and rounded."""
        x = pixels.permute(0, 3, 1, 2).to(self.dtype) / 255.0  # (B, 3, H, W), 0..1
        # Half precision has steps of 1/8 near 255, so the way back is float32.
        levels = self.network(x).to(torch.float32) * 255.0
        return levels.clamp(0.0, 255.0).round().to(torch.uint8).permute(0, 2, 3, 1)
