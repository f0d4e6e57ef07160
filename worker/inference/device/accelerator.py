"""What a device has beside arithmetic: streams that work side by side, memory it can copy from, recorded passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch


class Mark(Protocol):
    """The end of a piece of work in a stream."""

    def synchronize(self) -> None:
        """Wait for it."""


class Stream(Protocol):
    """Work done in the order in which it comes, one piece after the other, beside that of other streams."""

    def run(self, work: Callable[[], None], after: Mark | None = None) -> Mark:
        """Have it done once `after` has been reached, and do not wait. What the work raises may come through."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A pass that can be done again without Python: the same kernels at the same addresses."""

    replay: Callable[[], None]
    output: torch.Tensor
    """Written to by each replay."""


class Accelerator(Protocol):
    """A device; one for the process, whose networks share its streams."""

    device: torch.device
    incoming: Stream
    computing: Stream
    outgoing: Stream
    """Not `incoming`: there, a copy to the device would wait for the result that is to be copied before it."""

    def staging(self, shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
        """Memory of the host that can be copied from and to while others work; not filled."""

    def recorded(self, work: Callable[[], torch.Tensor]) -> Recorded:
        """Do the work to warm up, then record it; RuntimeError where it cannot be. Called in the computing stream."""
