"""A network that runs several pictures side by side gives each what it would give it alone."""

from collections import Counter
from threading import Barrier, Lock, Thread

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from shared.errors import OutOfMemory
from worker.inference import openvino_network
from worker.inference.openvino_network import OpenVinoNetwork
from worker.inference.openvino_requests import Requests
from worker.inference.turns import ranked

SIDE = 64


def graph(shape=(1, SIDE, SIDE, 3), kind=np.uint8):
    """Two convolutions and a sigmoid over bytes, channels last."""
    draw = np.random.default_rng(0)
    photo = op.parameter(list(shape), kind)
    planes = op.transpose(op.convert(photo, "f32"), op.constant(np.array([0, 3, 1, 2])))
    pads = [1, 1]
    for first, second in ((3, 32), (32, 1)):
        kernel = op.constant(draw.normal(0, 0.05, (second, first, 3, 3)).astype(np.float32))
        planes = op.convolution(planes, kernel, [1, 1], pads, pads, [1, 1])
    return ov.Model([op.sigmoid(planes)], [photo])


def photos(count):
    return np.random.default_rng(1).integers(0, 256, (count, 1, SIDE, SIDE, 3), np.uint8)


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"numbers")
    return path


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(openvino_network, "_cores", lambda: 2)


@pytest.fixture
def two_are_worth_it(monkeypatch):
    """As if two pictures together took as long as one."""
    timed = OpenVinoNetwork._timed
    monkeypatch.setattr(OpenVinoNetwork, "_timed", lambda *given: (timed(*given)[0], 0.1))


def all_at_once(network, batches, *, rank_of=lambda number: 0):
    """What each gets, or the error, from as many threads."""
    made, start = {}, Barrier(len(batches))

    def use(number):
        start.wait()
        with ranked(rank_of(number)):
            try:
                made[number] = network.infer(batches[number])
            except BaseException as error:  # noqa: BLE001  whatever was raised is the answer
                made[number] = error

    threads = [Thread(target=use, args=(number,)) for number in range(len(batches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return made


@pytest.mark.usefixtures("two_are_worth_it")
@pytest.mark.parametrize("precision", ["f32", "bf16"])
def test_both_ways_give_the_same_bits(weights, precision):
    network, batches = OpenVinoNetwork(graph, precision, 4), photos(24)
    alone = [network.infer(batch) for batch in batches]
    network.tune(weights)
    together = all_at_once(network, batches, rank_of=lambda number: number % 2)
    assert network.copies > 1, "nothing ran side by side"
    for number, expected in enumerate(alone):
        assert together[number].tobytes() == expected.tobytes()


@pytest.mark.usefixtures("two_are_worth_it")
def test_what_several_need_takes_no_memory_before_several_come(weights):
    network = OpenVinoNetwork(graph, "f32", 2)
    network.tune(weights)
    network.infer(photos(1)[0])
    assert network.copies == 1


@pytest.mark.parametrize(
    ("most", "shape"), [(1, (1, SIDE, SIDE, 3)), (4, (1, -1, -1, 3))], ids=["not allowed", "any size"]
)
@pytest.mark.usefixtures("two_are_worth_it")
def test_nothing_is_measured_where_only_one_can_go(weights, most, shape):
    OpenVinoNetwork(lambda: graph(shape), "f32", most).tune(weights)
    assert list(weights.parent.iterdir()) == [weights]


@pytest.mark.usefixtures("two_are_worth_it")
def test_results_that_differ_side_by_side_are_never_given(weights, monkeypatch):
    in_each = Requests.infer_in_each

    def rounded_otherwise(self, batch):
        return [np.nextafter(made, 2) if self.count > 1 else made for made in in_each(self, batch)]

    monkeypatch.setattr(Requests, "infer_in_each", rounded_otherwise)
    network = OpenVinoNetwork(graph, "f32", 2)
    network.tune(weights)
    all_at_once(network, photos(8))
    assert network.copies == 1


@pytest.mark.usefixtures("two_are_worth_it")
def test_without_memory_for_several_each_is_served_alone(weights, monkeypatch):
    network, batches = OpenVinoNetwork(graph, "f32", 2), photos(8)
    network.tune(weights)
    infer, tried = Requests.infer, Counter()

    def full(self, batch, number=0):
        tried[self.count] += 1
        if self.count > 1:
            raise OutOfMemory("full")
        return infer(self, batch, number)

    monkeypatch.setattr(Requests, "infer", full)
    made = all_at_once(network, batches)
    assert tried[1] == 8 and 1 <= tried[2] <= 2
    assert all(isinstance(output, np.ndarray) for output in made.values())
    all_at_once(network, batches)
    assert tried[2] <= 2, "tried again"


@pytest.mark.usefixtures("two_are_worth_it")
def test_one_that_fails_fails_alone_and_the_others_go_on(weights):
    network, batches = OpenVinoNetwork(graph, "f32", 2), list(photos(8))
    alone = [network.infer(batch) for batch in batches]
    network.tune(weights)
    batches[3] = np.zeros((1, 3, 3, 3), np.uint8)
    for _ in range(3):
        made = all_at_once(network, batches)
        assert isinstance(made.pop(3), RuntimeError)
        for number, output in made.items():
            assert output.tobytes() == alone[number].tobytes()


def test_a_job_does_not_wait_for_the_measuring(weights, monkeypatch):
    network, guard, order = OpenVinoNetwork(graph, "f32", 2), Lock(), []
    (photo,), begun = photos(1), Barrier(2)
    in_each = Requests.infer_in_each

    def noted(self, batch):
        if not order:
            begun.wait(20)  # the job comes during the first pass
            while not network._shares._waiting:
                pass
        with guard:
            order.append("measuring")
        return in_each(self, batch)

    def job():
        begun.wait(20)
        network.infer(photo)
        with guard:
            order.append("job")

    monkeypatch.setattr(Requests, "infer_in_each", noted)
    thread = Thread(target=job)
    thread.start()
    network.tune(weights)
    thread.join(20)
    assert "job" in order[1:3]
