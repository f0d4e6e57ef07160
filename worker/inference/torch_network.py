"""Everything here that needs torch to be installed: loading a network, converting it, running it on CUDA."""

import warnings
from pathlib import Path
from typing import Any

import openvino
import torch
from torch import nn

from worker.inference.checkpoint import read_state_dict
from worker.inference.device.cuda import cuda
from worker.inference.device.network import AT_ONCE, TorchNetwork
from worker.inference.recipe import Passes, Recipe

__all__ = ["AT_ONCE", "convert", "cuda_conditions", "load", "on_cuda"]


def load(recipe: Recipe, weights: Path) -> nn.Module:
    """The network with its official weights, ready to run; ModelUnavailable where they do not fit."""
    with torch.device("meta"):  # drawing random weights first takes longer than reading the right ones
        network = recipe.build()
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    read = read_state_dict(weights, shapes, recipe.keys)
    state = {key: torch.from_numpy(value) for key, value in read.items()}
    for key, tensor in network.state_dict().items():
        state[key] = state[key].to(tensor.dtype)
    network.load_state_dict(state, strict=True, assign=True)
    return recipe.wrap(network).eval().requires_grad_(False)


def convert(recipe: Recipe, network: nn.Module) -> Any:
    """Make the OpenVINO graph of a loaded network."""
    with warnings.catch_warnings():
        # OpenVINO still traces with torch.jit, which torch 2.13 calls deprecated.
        warnings.simplefilter("ignore")
        example = torch.from_numpy(recipe.example())
        return openvino.convert_model(network, example_input=example, input=list(recipe.shape))


def on_cuda(recipe: Recipe, weights: Path, passes: Passes) -> TorchNetwork:
    """The network on the GPU; ModelUnavailable where there is none, OutOfMemory where it is full."""
    gpu = cuda()
    return TorchNetwork(recipe, load(recipe, weights), gpu, passes)


def cuda_conditions(recipe: Recipe, passes: Passes) -> dict[str, str]:
    """What the rates of such a network hold for."""
    return {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "precision": recipe.on_cuda,
        "passes": passes,
    }
