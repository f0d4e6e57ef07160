"""A device that is full, in the project's words."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from shared.errors import OutOfMemory


@contextmanager
def as_out_of_memory() -> Iterator[None]:
    """OutOfMemory for what torch raises where the device is full; what torch keeps for later is given back."""
    try:
        yield
    except torch.OutOfMemoryError as exc:
        torch.cuda.empty_cache()
        raise OutOfMemory("the GPU has no memory left for this network") from exc
