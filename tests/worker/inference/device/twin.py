"""The GPU's twin on the CPU: streams are threads, so that whoever forgets to wait is too early.

A recording remembers which numbers from outside it has read, and where they lay: replayed after they have moved it
fails, as a CUDA graph would read whatever lies there by then.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from worker.inference.device.accelerator import Recorded

PAUSE_SECONDS = 0.002


class Mark:
    def __init__(self, future: Future):
        self._future = future

    def synchronize(self):
        self._future.result(20)


class Stream:
    """A thread; it dawdles, so that what should have waited for it is too early."""

    def __init__(self, name, log):
        self._name, self._log = name, log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    def run(self, work, after=None):
        return Mark(self._thread.submit(self._done, work, after))

    def _done(self, work, after):
        if after is not None:
            after.synchronize()
        self._log.append(f"{self._name} begins")
        time.sleep(PAUSE_SECONDS)
        work()
        self._log.append(f"{self._name} ends")

    def end(self):
        self._thread.shutdown()


class _Reads(TorchDispatchMode):
    """What operations read that none of them has made."""

    def __init__(self):
        super().__init__()
        self.outside, self._made = {}, set()

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        for tensor in tree_leaves((args, kwargs)):
            if isinstance(tensor, torch.Tensor) and tensor.data_ptr() not in self._made:
                # Its memory is held, so that nothing else can come to lie there.
                self.outside[tensor.data_ptr()] = tensor, tensor.untyped_storage()
        made = operation(*args, **(kwargs or {}))
        self._made |= {one.data_ptr() for one in tree_leaves(made) if isinstance(one, torch.Tensor)}
        return made


class Twin:
    """See Accelerator."""

    def __init__(self):
        self.device = torch.device("cpu")
        self.log, self.recordings, self.replays = [], 0, 0
        self.incoming, self.computing, self.outgoing = (
            Stream(name, self.log) for name in ("incoming", "computing", "outgoing")
        )
        self.fails_to_record = None

    def staging(self, shape, dtype):
        return torch.full(tuple(shape), 99, dtype=dtype)

    def recorded(self, work):
        if self.fails_to_record:
            raise self.fails_to_record
        self.recordings += 1
        with _Reads() as reads:
            output = work()

        def replay():
            moved = [place for place, (tensor, _) in reads.outside.items() if tensor.data_ptr() != place]
            assert not moved, "replayed at addresses that its numbers have left"
            self.replays += 1
            output.copy_(work())

        return Recorded(replay, output)

    def end(self):
        for stream in (self.incoming, self.computing, self.outgoing):
            stream.end()
