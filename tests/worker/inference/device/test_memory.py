"""A full device."""

import pytest

from shared.errors import OutOfMemory

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from tests.worker.inference.device.twin import Twin  # noqa: E402  (torch)
from worker.inference.device.memory import as_out_of_memory  # noqa: E402  (torch)


@pytest.fixture
def twin():
    twin = Twin()
    yield twin
    twin.end()


def test_a_full_gpu_is_out_of_memory_and_gives_back_what_it_keeps_in_the_stream_that_records(
    twin, monkeypatch
):
    given_back = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: given_back.append(twin.log[-1]))
    with pytest.raises(OutOfMemory), as_out_of_memory(twin):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    assert given_back == ["computing begins"]


def test_any_other_error_stays_what_it_is(twin):
    with pytest.raises(RuntimeError, match="misaligned"), as_out_of_memory(twin):
        raise RuntimeError("misaligned address")
