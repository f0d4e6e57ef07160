"""What the host sends to a device, has worked on there and takes back, through three streams. Never run on a GPU."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worker.inference.device.accelerator import Accelerator


def there_and_back(
    accelerator: Accelerator, work: Callable[..., torch.Tensor], *inputs: NDArray[Any]
) -> NDArray[Any]:
    """What `work` makes of these arrays on the device; called in the computing stream."""
    return np.asarray(_Trip(accelerator, work, inputs).result().numpy())


class _Trip:
    """Arrays on their way; the host waits for the last of the streams alone.

    What one stream has taken and another reads is held here until all are done with it. Where one raises, nothing is
    waited for: torch keeps staging memory until its copies are done, and the rest only this trip would have read.
    """

    def __init__(
        self, accelerator: Accelerator, work: Callable[..., torch.Tensor], inputs: Sequence[NDArray[Any]]
    ) -> None:
        self._accelerator = accelerator
        self._work = work
        self._staged = [_staged(one, accelerator) for one in inputs]
        self._inputs: list[torch.Tensor]
        self._output: torch.Tensor
        self._result: torch.Tensor

    def result(self) -> torch.Tensor:
        arrived = self._accelerator.incoming.run(self._bring)
        computed = self._accelerator.computing.run(self._compute, arrived)
        self._accelerator.outgoing.run(self._fetch, computed).synchronize()
        return self._result

    def _bring(self) -> None:
        self._inputs = [one.to(self._accelerator.device, non_blocking=True) for one in self._staged]

    def _compute(self) -> None:
        self._output = self._work(*self._inputs)

    def _fetch(self) -> None:
        staged = self._accelerator.staging(self._output.shape, self._output.dtype)
        self._result = staged.copy_(self._output, non_blocking=True)


def _staged(array: NDArray[Any], accelerator: Accelerator) -> torch.Tensor:
    """A copy; the array may lie in pieces, and nobody need be allowed to write to it, as torch would want."""
    memory = accelerator.staging(array.shape, torch.from_numpy(np.empty(0, array.dtype)).dtype)
    np.copyto(memory.numpy(), array)
    return memory
