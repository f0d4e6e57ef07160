"""The GPU: CUDA's streams, page-locked memory and graphs. Never run on a GPU."""

from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock
from typing import cast

import torch

from shared.errors import ModelUnavailable
from worker.inference.device.accelerator import Mark, Recorded, Stream


class CudaStream:
    """A stream."""

    def __init__(self) -> None:
        self.stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._enqueuing = Lock()

    def run(self, work: Callable[[], None], after: Mark | None = None) -> Mark:
        """See Stream; returns once the work is enqueued."""
        # Whoever waits for a blocking event leaves the processor to others.
        done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        with self._enqueuing, torch.cuda.stream(self.stream):
            if after is not None:
                self.stream.wait_event(cast("torch.cuda.Event", after))
            work()
            done.record()
        return done


class Cuda:
    """The first GPU that the process sees."""

    def __init__(self) -> None:
        computing = CudaStream()
        self.device = torch.device("cuda")
        self.incoming: Stream = CudaStream()
        self.computing: Stream = computing
        self.outgoing: Stream = CudaStream()
        self._stream = computing.stream
        # One pool for the graphs of all networks. They share one stream, so no two of them ever run at once, and what
        # one leaves behind is copied before the next begins: each may use the memory of the others.
        self._pool = torch.cuda.graph_pool_handle()

    def staging(self, shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
        """See Accelerator. torch keeps what is freed, and gives none of it away before its copies are done."""
        return torch.empty(shape, dtype=dtype, pin_memory=True)

    def recorded(self, work: Callable[[], torch.Tensor]) -> Recorded:
        """See Accelerator; what libraries choose at a first call they may not choose while they are recorded."""
        work()
        graph = torch.cuda.CUDAGraph()
        # thread_local: other threads copy and take memory meanwhile, which would spoil a global recording.
        with torch.cuda.graph(graph, self._pool, self._stream, capture_error_mode="thread_local"):
            output = work()
        return Recorded(graph.replay, output)


@cache
def cuda() -> Cuda:
    """The GPU, one for the process. Raises ModelUnavailable where there is none."""
    if not torch.cuda.is_available():
        raise ModelUnavailable("there is no CUDA device on this worker")
    return Cuda()
