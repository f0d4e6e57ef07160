"""Everything here that needs torch to be installed: loading a network, converting it, running it on CUDA."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch

from shared.errors import ModelUnavailable, OutOfMemory
from worker.upscaling.arch import build
from worker.upscaling.arch.pixels import PixelNetwork
from worker.upscaling.checkpoint import read_state_dict
from worker.upscaling.tiles import Pixels


def load(arch: str, weights: Path) -> torch.nn.Module:
    """Build the network `arch` with its official weights; ModelUnavailable where they do not fit."""
    network = build(arch)
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    state = read_state_dict(weights, shapes)
    network.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()}, strict=True)
    return network


def convert(network: torch.nn.Module, side_px: int) -> Any:
    """Make the OpenVINO graph of a network for uint8 tiles (1, side, side, 3)."""
    shape = [1, side_px, side_px, 3]
    with warnings.catch_warnings():
        # OpenVINO still traces with torch.jit, which torch 2.13 calls deprecated.
        warnings.simplefilter("ignore")
        example = torch.zeros(shape, dtype=torch.uint8)
        return openvino.convert_model(PixelNetwork(network).eval(), example_input=example, input=shape)


class CudaNetwork:
    """The torch network in half precision, channels last. Written without a GPU at hand: not measured."""

    def __init__(self, network: torch.nn.Module, side_px: int, scale: int) -> None:
        """Move `network` to the GPU; ModelUnavailable where there is none."""
        if not torch.cuda.is_available():
            raise ModelUnavailable("there is no CUDA device on this worker")
        self.side_px, self.scale = side_px, scale
        half: Any = network.half()  # torch's annotations do not know `to` with a memory format
        self._pixels = PixelNetwork(half.to(device="cuda", memory_format=torch.channels_last))

    def run(self, tile: Pixels) -> Pixels:
        """Enlarge one tile; OutOfMemory where the GPU has no room for it."""
        try:
            with torch.inference_mode():
                enlarged = self._pixels(torch.from_numpy(tile).to("cuda")[None])[0]
                return np.asarray(enlarged.cpu().numpy(), np.uint8)
        except torch.cuda.OutOfMemoryError as exc:
            raise OutOfMemory("the GPU has no memory left for an upscaling tile") from exc
