"""What is asked of CUDA, and in which order. torch.cuda is a stand-in here: no GPU has seen this."""

import inspect
from contextlib import contextmanager

import pytest

from shared.errors import ModelUnavailable

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from worker.inference.device import cuda as room  # noqa: E402  (torch)

REAL_GRAPH = inspect.signature(torch.cuda.graph)
REAL_EVENT = inspect.signature(torch.cuda.Event.__new__)


class StandIn:
    """Writes down what it is asked."""

    def __init__(self, monkeypatch):
        self.asked, self.streams = [], 0
        for name in ("Stream", "Event", "CUDAGraph", "graph_pool_handle", "stream", "graph"):
            monkeypatch.setattr(torch.cuda, name, getattr(self, name))

    def Stream(self):  # noqa: N802
        self.streams += 1
        return Stream(self.asked, f"stream {self.streams}")

    def Event(self, **how):  # noqa: N802
        REAL_EVENT.bind(None, **how)
        return Event(self.asked)

    def CUDAGraph(self):  # noqa: N802
        return Graph(self.asked)

    def graph_pool_handle(self):
        return "the pool"

    @contextmanager
    def stream(self, stream):
        self.asked.append(f"into {stream.name}")
        yield
        self.asked.append(f"out of {stream.name}")

    @contextmanager
    def graph(self, *given, **how):
        asked = REAL_GRAPH.bind(*given, **how).arguments
        self.asked.append(f"record in {asked['stream'].name}, {asked['pool']}, {asked['capture_error_mode']}")
        yield
        self.asked.append("recorded")


class Stream:
    def __init__(self, asked, name):
        self._asked, self.name = asked, name

    def wait_event(self, event):
        assert isinstance(event, Event)
        self._asked.append("wait")


class Event:
    def __init__(self, asked):
        self._asked = asked

    def record(self):
        self._asked.append("mark")


class Graph:
    def __init__(self, asked):
        self._asked = asked

    def replay(self):
        self._asked.append("replay")


@pytest.fixture
def stand_in(monkeypatch):
    return StandIn(monkeypatch)


def test_work_is_enqueued_behind_the_mark_it_waits_for_and_before_its_own(stand_in):
    gpu = room.Cuda()
    arrived = gpu.incoming.run(lambda: stand_in.asked.append("copy"))
    gpu.computing.run(lambda: stand_in.asked.append("compute"), arrived)
    assert stand_in.asked == [
        *("into stream 2", "copy", "mark", "out of stream 2"),
        *("into stream 1", "wait", "compute", "mark", "out of stream 1"),
    ]


def test_the_three_streams_are_three(stand_in):
    gpu = room.Cuda()
    assert len({gpu.incoming.stream.name, gpu.computing.stream.name, gpu.outgoing.stream.name}) == 3


def test_a_pass_is_recorded_in_the_computing_stream_once_it_has_been_done(stand_in):
    gpu = room.Cuda()
    made = gpu.recorded(lambda: stand_in.asked.append("work"))
    made.replay()
    assert stand_in.asked == [
        *("work", f"record in {gpu.computing.stream.name}, the pool, thread_local", "work", "recorded"),
        "replay",
    ]


def test_staging_memory_is_page_locked(stand_in, monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "empty", lambda shape, **how: asked.append((shape, how)))
    room.Cuda().staging((2, 3), torch.uint8)
    assert asked == [((2, 3), {"dtype": torch.uint8, "pin_memory": True})]


def test_without_a_gpu_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    room.cuda.cache_clear()
    with pytest.raises(ModelUnavailable, match="no CUDA device"):
        room.cuda()
