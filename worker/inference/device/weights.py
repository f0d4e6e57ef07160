"""A network's weights: on the device, or parked in the host's memory; one piece of memory either way.

Copied one by one, a thousand small tensors would wait for each other longer than their bytes take.
"""

import torch
from torch import nn

from worker.inference.device.accelerator import Accelerator

_ALIGNMENT_BYTES = 256
"""Of what CUDA gives out, which kernels may rely on."""


class Weights:
    """Parameters and buffers, parked at first; moved in the computing stream, in order with the passes."""

    def __init__(self, network: nn.Module, accelerator: Accelerator) -> None:
        self._tensors = [*network.parameters(), *network.buffers()]
        self._layouts = [torch.empty_like(tensor, device="meta") for tensor in self._tensors]
        self._sizes = [-(-layout.nbytes // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES for layout in self._layouts]
        self._accelerator = accelerator
        self._piece = accelerator.staging((sum(self._sizes),), torch.uint8)
        for tensor, place in zip(self._tensors, self._places(), strict=True):
            tensor.data = place.copy_(tensor.data)
        self.are_parked = True

    def park(self) -> None:
        """Copy them to the host. Whatever was recorded with them is void: they move."""
        if not self.are_parked:
            host = self._accelerator.staging(self._piece.shape, torch.uint8)
            self._live_in(host.copy_(self._piece, non_blocking=True))
            self.are_parked = True

    def come_back(self) -> None:
        """Copy them to the device, where they are parked."""
        if self.are_parked:
            self._live_in(self._piece.to(self._accelerator.device, non_blocking=True, copy=True))
            self.are_parked = False

    def _live_in(self, piece: torch.Tensor) -> None:
        self._piece = piece
        for tensor, place in zip(self._tensors, self._places(), strict=True):
            tensor.data = place

    def _places(self) -> list[torch.Tensor]:
        """Each tensor's in the piece; strides are its own, as channels may lie last."""
        return [
            part[: layout.nbytes].view(layout.dtype).as_strided(layout.shape, layout.stride())
            for part, layout in zip(torch.split(self._piece, self._sizes), self._layouts, strict=True)
        ]
