"""A torch network on a device: channels last, in the recipe's precision. Never run on a GPU."""

from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from worker.inference.device.accelerator import Accelerator
from worker.inference.device.half import round_weights
from worker.inference.device.memory import as_out_of_memory, give_back
from worker.inference.device.recordings import Forward, Recordings
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
            made = _Pass(torch.from_numpy(batch), self._accelerator, self._computed)
            return np.asarray(made.result().numpy())

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


class _Pass:
    """One batch on its way through the three streams; the host waits for the last of them alone.

    What one stream has taken and another reads is held here until all are done with it. Where one raises, nothing is
    waited for: torch keeps staging memory until its copies are done, and the rest only this pass would have read.
    """

    def __init__(self, batch: torch.Tensor, accelerator: Accelerator, forward: Forward) -> None:
        self._accelerator = accelerator
        self._forward = forward
        self._batch = accelerator.staging(batch.shape, batch.dtype).copy_(batch)
        self._input: torch.Tensor
        self._output: torch.Tensor
        self._result: torch.Tensor

    def result(self) -> torch.Tensor:
        arrived = self._accelerator.incoming.run(self._bring)
        computed = self._accelerator.computing.run(self._compute, arrived)
        self._accelerator.outgoing.run(self._fetch, computed).synchronize()
        return self._result

    def _bring(self) -> None:
        self._input = self._batch.to(self._accelerator.device, non_blocking=True)

    def _compute(self) -> None:
        self._output = self._forward(self._input)

    def _fetch(self) -> None:
        staged = self._accelerator.staging(self._output.shape, self._output.dtype)
        self._result = staged.copy_(self._output, non_blocking=True)
