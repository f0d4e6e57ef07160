"""A matting network on one array of planes: normalisation runs inside the graph, and only alpha leaves it."""

import torch
from torch import Tensor, nn

from worker.segmentation.family import IMAGENET

PLANES = 11
"""RGB of 0..1, the trimap's two marks, its six distances."""


class PlanesNetwork(nn.Module):
    """Wrap FBA matting for planes, channels last."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        for name, values in zip(("mean", "deviation"), IMAGENET, strict=True):
            self.register_buffer(name, torch.tensor(values).reshape(3, 1, 1), persistent=False)

    def forward(self, planes: Tensor) -> Tensor:
        """(B, H, W, 11) to alpha (B, 1, H, W), 0..1; H and W are multiples of 8."""
        photo, marks, distances = planes.permute(0, 3, 1, 2).split((3, 2, 6), 1)
        alpha: Tensor = self.network(photo, marks, (photo - self.mean) / self.deviation, distances)[:, :1]
        return alpha
