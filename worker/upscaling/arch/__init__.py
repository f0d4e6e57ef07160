"""The two networks of Real-ESRGAN, with the keys of the official checkpoints."""

import torch

from worker.upscaling.arch.rrdbnet import RRDBNet
from worker.upscaling.arch.srvgg import SRVGGNetCompact

_NETWORKS = {
    "rrdbnet_x4": lambda: RRDBNet(scale=4, num_block=23),
    "rrdbnet_x2": lambda: RRDBNet(scale=2, num_block=23),
    "rrdbnet_anime6b": lambda: RRDBNet(scale=4, num_block=6),
    "srvgg_general": lambda: SRVGGNetCompact(num_conv=32),
    "srvgg_anime": lambda: SRVGGNetCompact(num_conv=16),
}


def build(name: str) -> torch.nn.Module:
    """Build the network `name` with random weights, in evaluation mode; ValueError for an unknown name.

    It maps RGB (B, 3, H, W), 0..1, to (B, 3, scale·H, scale·W), not clamped. `rrdbnet_x2` wants H and W even.
    """
    if name not in _NETWORKS:
        raise ValueError(f"no upscaling network {name!r}; known: {', '.join(_NETWORKS)}")
    return _NETWORKS[name]().eval()
