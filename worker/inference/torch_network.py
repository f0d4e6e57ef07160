"""Everything here that needs torch to be installed: loading a network, converting it, running it on CUDA."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
from numpy.typing import NDArray
from torch import nn

from shared.errors import ModelUnavailable, OutOfMemory
from worker.inference.checkpoint import read_state_dict
from worker.inference.recipe import Recipe
from worker.inference.turns import Turns


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


@contextmanager
def _as_out_of_memory() -> Iterator[None]:
    try:
        yield
    except torch.cuda.OutOfMemoryError as exc:
        torch.cuda.empty_cache()
        raise OutOfMemory("the GPU has no memory left for this network") from exc


class CudaNetwork:
    """A torch network on a GPU: channels last, in the recipe's precision. Written without a GPU at hand.

    It can be parked in pinned host memory and comes back by itself when it is used: a copy, not a load.
    """

    def __init__(self, recipe: Recipe, weights: Path, *, compiled: bool) -> None:
        """Move the network to the GPU; ModelUnavailable where there is none, OutOfMemory where it is full."""
        if not torch.cuda.is_available():
            raise ModelUnavailable("there is no CUDA device on this worker")
        loaded: Any = load(recipe, weights)  # torch's annotations do not know `to` with a memory format
        with _as_out_of_memory():
            self._network: nn.Module = loaded.to(device="cuda", memory_format=torch.channels_last)
        self._run: Any = self._network
        if compiled:
            self._run = torch.compile(self._network, mode="max-autotune-no-cudagraphs")
        self._half = {"bf16": torch.bfloat16, "fp16": torch.float16, "f32": None}[recipe.on_cuda]
        self._host: dict[str, torch.Tensor] = {}
        self._turns = Turns()

    def infer(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The output for one batch; OutOfMemory where the GPU has no room for it."""
        with self._turns.taken(), _as_out_of_memory():
            self._come_back()
            with torch.inference_mode(), torch.autocast("cuda", self._half, enabled=bool(self._half)):
                output = self._run(torch.from_numpy(batch).to("cuda"))
            return np.asarray(output.cpu().numpy())

    def park(self) -> None:
        """Leave the GPU for pinned host memory."""
        with self._turns.taken():
            if self._host:
                return
            for name, tensor in self._tensors():
                self._host[name] = tensor.data.cpu().pin_memory()
                tensor.data = self._host[name]
            torch.cuda.empty_cache()

    def _come_back(self) -> None:
        if self._host:
            for _, tensor in self._tensors():
                tensor.data = tensor.data.to("cuda", non_blocking=True)
            self._host = {}

    def _tensors(self) -> list[tuple[str, torch.Tensor]]:
        return [*self._network.named_parameters(), *self._network.named_buffers()]
