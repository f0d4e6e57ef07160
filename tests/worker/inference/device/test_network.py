"""A torch network on a device: here the GPU's twin."""

from threading import Barrier, Event, Thread

import numpy as np
import pytest
from structlog.testing import capture_logs

from shared.errors import OutOfMemory
from worker.inference.recipe import Recipe

torch = pytest.importorskip("torch", reason='needs the extra "torch"')

from tests.worker.inference.device.twin import Twin  # noqa: E402  (torch)
from worker.inference.device import network as room  # noqa: E402  (torch)
from worker.inference.device import recordings  # noqa: E402  (torch)
from worker.inference.device.network import TorchNetwork  # noqa: E402  (torch)
from worker.inference.device.recordings import bucket  # noqa: E402  (torch)
from worker.inference.device.weights import Weights  # noqa: E402  (torch)

SIDE = 6


class Sums(torch.nn.Module):
    """Convolves bytes; a picture whose first byte is 255 does not fit into memory."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.BatchNorm2d(4))
        self.passes = []

    def forward(self, pixels):
        self.passes.append(len(pixels))
        if len(pixels) and (pixels[:, 0, 0, 0] == 255).any():
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return self.network(pixels.permute(0, 3, 1, 2).float() / 255).float()


def recipe(*, on_cuda="f32", side=SIDE):
    return Recipe("sums", Sums, lambda network: network, (1, side, side, 3), "f32", on_cuda=on_cuda)


def pictures(count, *, seed=0):
    return np.random.default_rng(seed).integers(0, 200, (count, SIDE, SIDE, 3), np.uint8)


def plain(batch):
    with torch.inference_mode():
        return Sums().eval()(torch.from_numpy(batch)).numpy()


@pytest.fixture
def twin():
    twin = Twin()
    yield twin
    twin.end()


def made(twin, passes="recorded", **of_recipe):
    return TorchNetwork(recipe(**of_recipe), Sums().eval(), twin, passes)


def all_at_once(network, batches):
    answers, barrier = {}, Barrier(len(batches))

    def ask(number):
        barrier.wait(20)
        answers[number] = network.infer(batches[number])

    threads = [Thread(target=ask, args=(number,)) for number in range(len(batches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return [answers[number] for number in range(len(batches))]


@pytest.mark.parametrize("passes", ["eager", "recorded"])
def test_it_gives_what_plain_torch_gives(twin, passes):
    network = made(twin, passes)
    for count in (1, 2, 1):
        batch = pictures(count, seed=count)
        np.testing.assert_array_equal(network.infer(batch), plain(batch))


@pytest.mark.parametrize("half", ["bf16", "fp16"])
def test_half_precision_is_that_of_autocast(twin, half):
    with torch.inference_mode(), torch.autocast("cpu", {"bf16": torch.bfloat16, "fp16": torch.float16}[half]):
        expected = Sums().eval()(torch.from_numpy(pictures(2)))
    made_of_it = made(twin, on_cuda=half).infer(pictures(2))
    np.testing.assert_array_equal(made_of_it, expected)
    assert (made_of_it != plain(pictures(2))).any()


@pytest.mark.parametrize("passes", ["eager", "recorded"])
def test_each_of_many_threads_gets_its_own(twin, passes):
    batches = [pictures(1 + number % 3, seed=number) for number in range(12)]
    for batch, answer in zip(batches, all_at_once(made(twin, passes), batches), strict=True):
        np.testing.assert_array_equal(answer, plain(batch))


def overlaps(log):
    """Copies that begin while a pass is computed."""
    found, computing = 0, False
    for line in log:
        computing = line == "computing begins" or (computing and line != "computing ends")
        found += computing and line in ("incoming begins", "outgoing begins")
    return found


def test_copies_go_on_beside_the_computing(twin):
    network = made(twin)
    network.infer(pictures(1))
    twin.log.clear()
    all_at_once(network, [pictures(1)] * 6)
    assert overlaps(twin.log) >= 3


def test_one_pass_at_a_time_would_not_overlap(twin, monkeypatch):
    monkeypatch.setattr(room, "AT_ONCE", 1)
    network = made(twin)
    twin.log.clear()
    all_at_once(network, [pictures(1)] * 6)
    assert overlaps(twin.log) == 0


def test_what_was_given_out_stays_as_it_was(twin):
    network = made(twin)
    first = network.infer(pictures(1))
    kept = first.copy()
    network.infer(pictures(1, seed=1))
    np.testing.assert_array_equal(first, kept)


def test_a_full_device_is_out_of_memory_and_the_next_pass_runs(twin):
    network, large = made(twin, "eager"), pictures(1)
    large[:, 0, 0] = 255
    with pytest.raises(OutOfMemory):
        network.infer(large)
    np.testing.assert_array_equal(network.infer(pictures(1)), plain(pictures(1)))


def test_a_recording_that_does_not_fit_is_out_of_memory_and_tried_again(twin):
    network = made(twin)
    twin.fails_to_record = torch.OutOfMemoryError("CUDA out of memory.")
    with pytest.raises(OutOfMemory):
        network.infer(pictures(1))
    twin.fails_to_record = None
    np.testing.assert_array_equal(network.infer(pictures(1)), plain(pictures(1)))
    assert twin.recordings == 1


def test_what_cannot_be_recorded_is_computed_call_by_call_and_said_once(twin):
    network = made(twin)
    twin.fails_to_record = RuntimeError("operation not permitted when stream is capturing")
    with capture_logs() as logs:
        for _ in range(2):
            np.testing.assert_array_equal(network.infer(pictures(3)), plain(pictures(3)))
    assert [(line["event"], line["shape"]) for line in logs] == [("pass_not_recorded", (4, SIDE, SIDE, 3))]


def test_batches_are_filled_up_to_powers_of_two(twin):
    network = made(twin)
    for count in (3, 4, 1, 3):
        np.testing.assert_array_equal(network.infer(pictures(count)), plain(pictures(count)))
    assert (twin.recordings, twin.replays) == (2, 4)
    assert [bucket(count) for count in (1, 2, 3, 4, 5, 8, 9)] == [1, 2, 4, 4, 8, 8, 16]


def test_no_more_recordings_are_kept_than_a_network_may_have(twin, monkeypatch):
    monkeypatch.setattr(recordings, "MOST", 2)
    network = made(twin)
    for count in (1, 2, 1, 4, 1, 2):  # 2 had gone for 4
        network.infer(pictures(count))
    assert twin.recordings == 4


def test_pictures_of_any_size_are_not_recorded(twin):
    network = made(twin, side=-1)
    np.testing.assert_array_equal(network.infer(pictures(3)), plain(pictures(3)))
    assert twin.recordings == 0


def test_a_parked_network_comes_back_and_is_recorded_anew(twin):
    network = made(twin)
    before = network.infer(pictures(1))
    network.park()
    network.park()
    np.testing.assert_array_equal(network.infer(pictures(1)), before)
    assert twin.recordings == 2


def test_a_parked_network_computes_on_the_device(twin):
    module = Sums().eval()
    network = TorchNetwork(recipe(), module, twin)
    network.park()
    parked_at = module.network[0].weight.data_ptr()
    network.infer(pictures(1))
    assert module.network[0].weight.data_ptr() != parked_at


def test_a_recording_does_not_outlive_the_place_of_its_weights(twin):
    network = made(twin)
    network.infer(pictures(1))
    network._recordings.forget = lambda: None
    network.park()
    with pytest.raises(AssertionError, match="addresses that its numbers have left"):
        network.infer(pictures(1))


def test_weights_of_every_kind_lie_in_one_piece_and_stay_what_they_are(twin):
    layers = [torch.nn.Conv2d(3, 5, 3), torch.nn.BatchNorm2d(5), torch.nn.Linear(7, 3)]
    module = torch.nn.Sequential(*layers).eval()
    module[2].to(torch.bfloat16)
    module.register_buffer("nothing", torch.empty(0))
    before = {key: value.clone() for key, value in module.state_dict().items()}
    weights = Weights(module, twin)
    for move in (weights.come_back, weights.park, weights.come_back):
        move()
        state = module.state_dict()
        assert {key: value.dtype for key, value in state.items()} == {
            key: value.dtype for key, value in before.items()
        }
        assert all(torch.equal(state[key], value) for key, value in before.items())
        assert len({value.untyped_storage().data_ptr() for value in state.values() if value.numel()}) == 1
        assert all(value.data_ptr() % 16 == 0 for value in state.values())


def test_parking_waits_for_passes_and_passes_for_parking(twin):
    network = made(twin)
    stop = Event()

    def park():
        while not stop.is_set():
            network.park()

    parking = Thread(target=park)
    parking.start()
    batches = [pictures(1, seed=number) for number in range(8)]
    answers = all_at_once(network, batches)
    stop.set()
    parking.join(20)
    for batch, answer in zip(batches, answers, strict=True):
        np.testing.assert_array_equal(answer, plain(batch))


def test_parked_weights_keep_the_order_of_their_channels(twin):
    module = Sums().eval()
    network = TorchNetwork(recipe(), module, twin)
    kernel = module.network[0].weight
    before, strides = kernel.detach().clone(), kernel.stride()
    network.park()
    assert kernel.stride() == strides and kernel.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(kernel, before)


@pytest.mark.parametrize(("side", "dynamic"), [(SIDE, False), (-1, True)])
def test_a_compiled_network_is_compiled_for_its_size_where_it_has_one(twin, monkeypatch, side, dynamic):
    asked = []
    monkeypatch.setattr(torch, "compile", lambda network, **how: asked.append(how) or network)
    network = made(twin, "compiled", side=side)
    np.testing.assert_array_equal(network.infer(pictures(1)), plain(pictures(1)))
    assert asked == [{"mode": "max-autotune-no-cudagraphs", "dynamic": dynamic}]
    assert twin.recordings == (not dynamic)
