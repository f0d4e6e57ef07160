"""A torch network on a device: channels last, in the recipe's precision. Never run on a GPU."""

from contextlib import AbstractContextManager
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from worker.inference.device.accelerator import Accelerator
from worker.inference.device.half import round_weights
from worker.inference.device.memory import as_out_of_memory, give_back
from worker.inference.device.recordings import Forward, Recordings
from worker.inference.device.trip import there_and_back
from worker.inference.device.weights import Weights
from worker.inference.recipe import Passes, Recipe
from worker.inference.turns import Turns

AT_ONCE = 2
"""Passes under way: one is copied to the device or from it while the other is computed."""
_HALF = {"bf16": torch.bfloat16, "fp16": torch.float16, "f32": None}


class TorchNetwork:
    """A network on a device. It can be parked in the host's memory, and comes back by itself when it is used."""

    def __init__(
        self, recipe: Recipe, network: nn.Module, accelerator: Accelerator, passes: Passes = "eager"
    ) -> None:
        """Move a loaded network to the device, and change it; OutOfMemory where the device is full.

        One that takes pictures of any size is never recorded: each size would be.
        """
        self._accelerator = accelerator
        self._half = _HALF[recipe.on_cuda]
        self._turns = Turns(AT_ONCE)
        if self._half is not None:
            round_weights(network, self._half)
        module: Any = network  # torch's annotations do not know `to` with a memory format
        self._weights = Weights(module.to(memory_format=torch.channels_last), accelerator)
        with as_out_of_memory(accelerator):
            accelerator.computing.run(self._weights.come_back).synchronize()
        any_size = -1 in recipe.shape[1:3]
        forward: Forward = network
        if passes == "compiled":
            # Its own graphs want to be replayed by the thread that has recorded them; ours do not.
            forward = torch.compile(network, mode="max-autotune-no-cudagraphs", dynamic=any_size)
        self._recordings = None if passes == "eager" or any_size else Recordings(forward, accelerator)
        self._forward = self._recordings.run if self._recordings else forward

    def infer(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The output for one batch; OutOfMemory where the device has no room for it."""
        with self._turns.taken(), as_out_of_memory(self._accelerator):
            return there_and_back(self._accelerator, self._computed, batch)

    def park(self) -> None:
        """Leave the device for the host's memory."""
        with self._turns.taken():
            self._accelerator.computing.run(self._leave)
            give_back(self._accelerator)

    def _computed(self, batch: torch.Tensor) -> torch.Tensor:
        self._weights.come_back()
        with torch.inference_mode(), self._rounding():
            return self._forward(batch)

    def _rounding(self) -> AbstractContextManager[Any]:
        return torch.autocast(self._accelerator.device.type, self._half, enabled=self._half is not None)

    def _leave(self) -> None:
        if self._recordings:
            self._recordings.forget()
        self._weights.park()
