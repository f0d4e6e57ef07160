"""A network that finds no memory says so, and runs again once there is some."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from shared.errors import OutOfMemory
from worker.inference import openvino_requests
from worker.inference.openvino_network import OpenVinoNetwork

BOUNDED = textwrap.dedent(
    """
    import resource
    import weakref
    import numpy as np
    import openvino as ov
    from openvino import opset13 as op
    from shared.errors import OutOfMemory
    from worker.inference.openvino_network import OpenVinoNetwork

    def limit(more):
        pages = int(open("/proc/self/statm").read().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + more if more else -1, -1))

    image = op.parameter([1, 3, -1, -1], np.float32)
    kernel = op.constant(np.ones((64, 3, 3, 3), np.float32))
    wide = op.convolution(image, kernel, [1, 1], [1, 1], [1, 1], [1, 1])
    mean = op.reduce_mean(wide, op.constant(np.array([1, 2, 3])), True)
    kept = []

    def read():
        graph = ov.Model([mean], [image])
        kept.append(weakref.ref(graph))
        return graph

    network = OpenVinoNetwork(read, "f32")
    small, large = (np.ones((1, 3, side, side), np.float32) for side in (32, 3000))
    before = network.infer(small)
    limit(500_000_000)  # the large picture wants 2.3 GB
    try:
        network.infer(large)
    except OutOfMemory as error:
        print(error.detail)
    limit(0)
    print((network.infer(small) == before).all())
    print([graph() for graph in kept])
    """
)


def test_a_picture_too_large_for_memory_is_refused_and_the_next_one_runs():
    done = subprocess.run([sys.executable, "-c", BOUNDED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "the worker has no memory left for this network",
        "True",
        "[None, None]",  # read again once, and let go of each time
    ], done.stderr


class Full:
    """OpenVINO, which raises what it is told to: when a graph is compiled, or when its request is run."""

    def __init__(self, *, compiling=None, running=None):
        self._compiling, self._running = compiling, running

    def __call__(self):
        return self

    def compile_model(self, _graph, _device, _options):
        if self._compiling:
            raise RuntimeError(self._compiling)
        return self

    def create_infer_request(self):
        return self

    def infer(self, _inputs, share_inputs):
        raise RuntimeError(self._running)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Check 'ptr' failed at cpu_memory.cpp:257: Failed to allocate 324864000 bytes of memory",
            OutOfMemory,
        ),
        ("Exception from src/inference: std::bad_alloc", OutOfMemory),
        ("Check 'shape' failed: incompatible", RuntimeError),
    ],
)
def test_only_what_speaks_of_memory_is_out_of_memory(monkeypatch, message, expected):
    monkeypatch.setattr(openvino_requests, "core", Full(running=message))
    with pytest.raises(expected):
        OpenVinoNetwork(lambda: None, "f32").infer(np.zeros(1))


def test_a_graph_that_does_not_fit_is_out_of_memory_when_it_is_compiled(monkeypatch):
    monkeypatch.setattr(
        openvino_requests, "core", Full(compiling="Failed to allocate 324864000 bytes of memory")
    )
    with pytest.raises(OutOfMemory):
        OpenVinoNetwork(lambda: None, "f32")
