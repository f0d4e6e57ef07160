"""A network from bytes to a matte: normalisation and the last activation run inside the graph, not in NumPy."""

import torch
from torch import Tensor, nn

from worker.segmentation.family import Finish, Levels


class MaskNetwork(nn.Module):
    """Wrap a network of this package for pictures of 0..255, channels last."""

    def __init__(self, network: nn.Module, levels: Levels, finish: Finish) -> None:
        super().__init__()
        self.network = network
        self.by_brightest = levels.by_brightest
        self.finish = finish
        # In levels of 0..255, which bf16 holds exactly: quotients would be rounded before the mean is taken off.
        self.register_buffer("mean", 255 * torch.tensor(levels.mean).reshape(3, 1, 1), persistent=False)
        self.register_buffer(
            "deviation", 255 * torch.tensor(levels.deviation).reshape(3, 1, 1), persistent=False
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, H, W, 3) of 0..255 to mattes (B, 1, H, W), 0..1."""
        x = pixels.permute(0, 3, 1, 2).to(torch.float32)  # (B, 3, H, W)
        if self.by_brightest:
            x = x * (255 / x.amax((1, 2, 3), keepdim=True).clamp(min=1))
        output = self.network((x - self.mean) / self.deviation).to(torch.float32)
        if self.finish == "sigmoid":
            return output.sigmoid()
        if self.finish == "not_background":
            return (output.argmax(1, keepdim=True) > 0).to(torch.float32)
        return output
