"""A network on a device: converted once, kept beside the weights, loaded by whoever comes later."""

import sys
from dataclasses import replace
from multiprocessing import get_context
from threading import Barrier, Thread

import numpy as np
import pytest
from safetensors.numpy import save_file

from shared.errors import ModelUnavailable
from worker.inference import graph, torch_room
from worker.inference.graph import graph_name
from worker.inference.loading import load_network
from worker.inference.recipe import Recipe
from worker.io import locking
from worker.io.locking import locked_folder

pytest.importorskip("torch", reason='needs the extra "torch"')

BATCH = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)


def build():
    import torch  # noqa: PLC0415

    return torch.nn.Conv2d(3, 1, 3, padding=1)


def wrap(network):
    import torch  # noqa: PLC0415

    class Bytes(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, pixels):
            return self.network(pixels.permute(0, 3, 1, 2).float() / 255)

    return Bytes()


RECIPE = Recipe("conv", build, wrap, (1, 4, 4, 3), "f32")


def save(path):
    random = np.random.default_rng(0)
    kernel = random.standard_normal((1, 3, 3, 3)).astype(np.float32)
    save_file({"weight": kernel, "bias": np.zeros(1, np.float32)}, path)
    return path


@pytest.fixture
def weights(tmp_path):
    return save(tmp_path / "made.safetensors")


@pytest.fixture
def conversions(monkeypatch):
    from worker.inference import torch_network  # noqa: PLC0415

    made, convert = [], torch_network.convert
    monkeypatch.setattr(
        torch_network, "convert", lambda recipe, network: made.append(1) or convert(recipe, network)
    )
    return made


def load(weights, recipe=RECIPE):
    return load_network(recipe, weights, device="cpu")


def test_the_graph_gives_what_torch_gives(weights):
    import torch  # noqa: PLC0415

    from worker.inference import torch_network  # noqa: PLC0415

    with torch.inference_mode():
        expected = torch_network.load(RECIPE, weights)(torch.from_numpy(BATCH)).numpy()
    np.testing.assert_allclose(load(weights).infer(BATCH), expected, rtol=0, atol=1e-6)


def test_it_is_converted_once_and_then_needs_no_torch(weights, conversions, monkeypatch):
    first = load(weights).infer(BATCH)
    monkeypatch.setitem(sys.modules, "worker.inference.torch_network", None)
    monkeypatch.delattr("worker.inference.torch_network")
    np.testing.assert_array_equal(load(weights).infer(BATCH), first)
    assert len(conversions) == 1


def test_other_weights_another_size_and_another_precision_have_graphs_of_their_own(weights, tmp_path):
    others = (
        Recipe("conv", build, wrap, (1, 8, 8, 3), "f32"),
        Recipe("conv", build, wrap, (1, 4, 4, 3), "bf16"),
        Recipe("conv_two", build, wrap, (1, 4, 4, 3), "f32"),
    )
    names = {graph_name(recipe, weights) for recipe in (RECIPE, *others)}
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert len(names | {graph_name(RECIPE, weights)}) == 5


def test_a_damaged_graph_is_converted_again(weights, conversions):
    expected = load(weights).infer(BATCH)
    path = weights.with_name(graph_name(RECIPE, weights))
    path.write_text("<net>")
    np.testing.assert_array_equal(load(weights).infer(BATCH), expected)
    assert len(conversions) == 2 and path.stat().st_size > 1000


def test_a_folder_that_cannot_be_written_to_only_costs_the_next_conversion(weights, conversions, monkeypatch):
    def refuse(**_options):
        raise PermissionError(13, "read-only")

    monkeypatch.setattr(graph.tempfile, "TemporaryDirectory", refuse)
    monkeypatch.setattr(locking.os, "access", lambda *_: False)
    for _ in range(2):
        load(weights).infer(BATCH)
    assert len(conversions) == 2
    assert list(weights.parent.iterdir()) == [weights]


def test_threads_that_ask_at_once_convert_once(weights, conversions):
    barrier = Barrier(4)

    def use():
        barrier.wait()
        load(weights)

    threads = [Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(conversions) == 1


def holds_the_lock(folder, held, release):
    with locked_folder(folder, graph._LOCK):
        held.set()
        release.wait(20)


def test_a_conversion_waits_for_another_process(weights):
    context = get_context("fork")
    held, release = context.Event(), context.Event()
    other = context.Process(target=holds_the_lock, args=(weights.parent, held, release))
    other.start()
    assert held.wait(20)
    mine = Thread(target=load, args=(weights,))
    mine.start()
    mine.join(0.5)
    assert mine.is_alive()
    release.set()
    mine.join(20)
    other.join(20)
    assert not mine.is_alive()


def test_without_torch_a_network_that_must_be_converted_is_unavailable(weights, monkeypatch):
    monkeypatch.setitem(sys.modules, "worker.inference.torch_network", None)
    monkeypatch.delattr("worker.inference.torch_network", raising=False)
    for device in ("cpu", "cuda"):
        with pytest.raises(ModelUnavailable, match='install the extra "torch"'):
            load_network(RECIPE, weights, device=device)
    assert torch_room.__name__  # imported all the same


def test_cuda_without_a_gpu_is_unavailable(weights, monkeypatch):
    import torch  # noqa: PLC0415

    from worker.inference.device.cuda import cuda  # noqa: PLC0415

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    cuda.cache_clear()
    with pytest.raises(ModelUnavailable, match="no CUDA device"):
        load_network(RECIPE, weights, device="cuda")


@pytest.mark.parametrize(
    ("shape", "conditions"),
    [
        ((1, 4, 4, 3), {"device": "a GPU", "precision": "bf16", "passes": "eager"}),
        ((1, -1, -1, 3), None),
    ],
    ids=["one size", "any size"],
)
def test_on_cuda_a_network_of_one_size_says_what_its_rates_hold_for(weights, monkeypatch, shape, conditions):
    from worker.inference import torch_network  # noqa: PLC0415

    monkeypatch.setattr(torch_network, "on_cuda", lambda *_given, **_options: None)
    monkeypatch.setattr(torch_network.torch.cuda, "get_device_name", lambda: "a GPU")
    probe = load_network(replace(RECIPE, shape=shape), weights, device="cuda", max_batch=8)._probe
    if conditions is None:
        assert probe is None
    else:
        assert probe.picture.shape == shape
        assert probe.conditions == {**conditions, "torch": torch_network.torch.__version__}
