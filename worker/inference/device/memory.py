"""A device that is full, in the project's words."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from shared.errors import OutOfMemory
from worker.inference.device.accelerator import Accelerator


@contextmanager
def as_out_of_memory(accelerator: Accelerator) -> Iterator[None]:
    """OutOfMemory for what torch raises where the device is full; what torch keeps for later is given back."""
    try:
        yield
    except torch.OutOfMemoryError as exc:
        give_back(accelerator)
        raise OutOfMemory("the GPU has no memory left for this network") from exc


def give_back(accelerator: Accelerator) -> None:
    """Let go of what torch keeps for later. In the computing stream: torch may not while a pass is recorded there."""
    accelerator.computing.run(torch.cuda.empty_cache).synchronize()
