"""Photos on their way to the device and back, for refinement and for colours."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from shared.spec.refine import RefineSpec
from worker.imaging.types import Alpha, Rgb
from worker.inference.device.accelerator import Accelerator
from worker.inference.device.cuda import cuda
from worker.inference.device.memory import as_out_of_memory
from worker.inference.device.trip import there_and_back
from worker.inference.turns import Turns
from worker.matting.guided import as_levels
from worker.matting.multilevel import solve
from worker.matting.on_device.foreground import unmixed
from worker.matting.on_device.guided import guided_upsampling

_AT_ONCE = 2
"""Photos under way: one is copied while another is worked on. Each takes some fifty bytes a pixel."""


class OnDevice:
    """See Finishing. Photos go one by one: a single one fills a device, and they differ in size."""

    def __init__(self, accelerator: Accelerator) -> None:
        self._accelerator = accelerator
        self._turns = Turns(_AT_ONCE)

    def guided_upsampling(self, rgb: Rgb, matte: NDArray[Any], spec: RefineSpec) -> Alpha:
        """See Finishing."""
        return self._made(partial(guided_upsampling, spec=spec), rgb, as_levels(matte))

    def estimate_foreground(self, rgb: Rgb, alpha: Alpha) -> Rgb:
        """See Finishing. The smooth colours are solved on the host: they are small, and hundreds of steps."""
        return self._made(unmixed, rgb, alpha, *solve(rgb, alpha))

    def _made(self, work: Callable[..., torch.Tensor], *inputs: NDArray[Any]) -> NDArray[Any]:
        def inferred(*tensors: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode():
                return work(*tensors)

        with self._turns.taken(), as_out_of_memory(self._accelerator):
            # A copy: what comes back lies in page-locked memory, and a worker keeps pictures for the next stage.
            return np.array(there_and_back(self._accelerator, inferred, *inputs))


@cache
def on_cuda() -> OnDevice:
    """On the GPU, one for the process. Raises ModelUnavailable where there is none."""
    return OnDevice(cuda())
