"""A network's weights: on the device, or parked in the host's memory."""

import torch
from torch import nn

from worker.inference.device.accelerator import Accelerator


class Weights:
    """Parameters and buffers of a network; moved in the computing stream, in order with the passes that need them."""

    def __init__(self, network: nn.Module, accelerator: Accelerator) -> None:
        self._tensors = [*network.parameters(), *network.buffers()]
        self._accelerator = accelerator
        self.are_parked = False

    def park(self) -> None:
        """Copy them to memory that they come back from fast. Whatever was recorded with them is void: they move."""
        if self.are_parked:
            return
        self.are_parked = True  # should memory end half-way, all come back
        for tensor in self._tensors:
            layout = torch.empty_like(tensor, device="meta")  # channels may lie last
            staged = self._accelerator.staging((layout.numel(),), layout.dtype)
            staged = staged.as_strided(layout.shape, layout.stride())
            tensor.data = staged.copy_(tensor.data, non_blocking=True)

    def come_back(self) -> None:
        """Copy them to the device, where they are parked."""
        if self.are_parked:
            for tensor in self._tensors:
                tensor.data = tensor.data.to(self._accelerator.device, non_blocking=True, copy=True)
            self.are_parked = False
