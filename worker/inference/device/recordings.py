"""Passes recorded once for each shape and replayed: a small network's kernels end faster than Python starts them."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import structlog
import torch

from worker.inference.device.accelerator import Accelerator, Recorded

MOST = 8
"""Recordings that a network keeps; one of fixed size has one for each power of two up to its largest batch."""

Forward = Callable[[torch.Tensor], torch.Tensor]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Recording:
    input: torch.Tensor
    recorded: Recorded


class Recordings:
    """A network's recorded passes, by shape. Everything here happens in the computing stream."""

    def __init__(self, forward: Forward, accelerator: Accelerator) -> None:
        self._forward = forward
        self._accelerator = accelerator
        self._kept: OrderedDict[torch.Size, _Recording | None] = OrderedDict()

    def run(self, batch: torch.Tensor) -> torch.Tensor:
        """The network's output for a batch; OutOfMemoryError of torch's where a recording does not fit."""
        count, sides = len(batch), batch.shape[1:]
        recording = self._of(torch.Size((bucket(count), *sides)), batch)
        if recording is None:
            return self._forward(batch)
        # What lies behind `count` is what an earlier batch has left there: no picture looks at its neighbours.
        recording.input[:count].copy_(batch)
        recording.recorded.replay()
        # The next replay, of any network, may write over it before the copy to the host is done.
        return recording.recorded.output[:count].clone()

    def forget(self) -> None:
        """Drop them all: they hold the addresses of weights that are about to move."""
        self._kept.clear()

    def _of(self, shape: torch.Size, like: torch.Tensor) -> _Recording | None:
        if shape not in self._kept:
            if len(self._kept) == MOST:
                self._kept.popitem(last=False)
            self._kept[shape] = self._made(shape, like)
        self._kept.move_to_end(shape)
        return self._kept[shape]

    def _made(self, shape: torch.Size, like: torch.Tensor) -> _Recording | None:
        place = like.new_zeros(shape)
        try:
            return _Recording(place, self._accelerator.recorded(lambda: self._forward(place)))
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as exc:  # CUDA raises nothing narrower for what cannot be recorded
            _log.warning("pass_not_recorded", shape=tuple(shape), reason=str(exc))
            return None


def bucket(count: int) -> int:
    """The batch size that a batch of `count` is recorded under: the next power of two."""
    return 1 << (count - 1).bit_length()
