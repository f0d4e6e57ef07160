"""Callers who gather before a busy network."""

from threading import Barrier, Event, Thread
from time import sleep

import numpy as np
import pytest

from shared.errors import OutOfMemory
from worker.inference.gathering import Gathering, Probe
from worker.inference.turns import ranked

BAD = 13
PROBE = Probe(np.zeros((1, 4, 4, 3), np.float32), {"device": "a GPU"})


class Doubling:
    """Doubles its pictures; the first pass takes until it is let go."""

    def __init__(self, *, fits=100, error=None):
        self.passes, self.seen = [], []
        self.entered, self.may_go = Event(), Event()
        self._fits, self._error = fits, error
        self.parked = 0

    def infer(self, batch):
        self.passes.append(len(batch))
        self.seen.append([int(picture.flat[0]) for picture in batch])
        self.entered.set()
        assert self.may_go.wait(20)
        if len(batch) > self._fits:
            raise OutOfMemory("full")
        if self._error and (batch == BAD).any():
            raise self._error
        return batch * 2

    def park(self):
        self.parked += 1


class Callers:
    """Threads that each send one picture."""

    def __init__(self, gathering):
        self._gathering = gathering
        self.answers = {}
        self._threads = []

    def send(self, *pictures, rank=0):
        for picture in pictures:
            thread = Thread(target=self._one, args=(picture, rank))
            thread.start()
            self._threads.append(thread)
            before = len(self._threads) - 1
            while len(self._gathering._waiting) < before and not self._gathering._device._free:
                pass  # in this order

    def _one(self, picture, rank):
        try:
            with ranked(rank):
                self.answers[int(picture.flat[0])] = self._gathering.infer(picture)
        except BaseException as error:  # noqa: BLE001  whatever was raised is the answer
            self.answers[int(picture.flat[0])] = error

    def answered(self):
        for thread in self._threads:
            thread.join(20)
        return self.answers


def picture(value, side=4):
    return np.full((1, side, side, 3), value, np.float32)


def gathered(network, most, values, side_of=lambda value: 4):
    """The first caller's pass is held until all others wait."""
    gathering = Gathering(network, most)
    callers = Callers(gathering)
    callers.send(picture(values[0], side_of(values[0])))
    assert network.entered.wait(20)
    callers.send(*(picture(value, side_of(value)) for value in values[1:]))
    while len(gathering._waiting) < len(values) - 1:
        pass
    network.may_go.set()
    return callers.answered(), gathering


def test_a_lone_caller_begins_at_once():
    network = Doubling()
    network.may_go.set()
    assert (Gathering(network, 8).infer(picture(3)) == 6).all()
    assert network.passes == [1]


def test_whoever_comes_meanwhile_goes_with_the_next_pass():
    network = Doubling()
    answers, _ = gathered(network, 8, [1, 2, 3, 4, 5])
    assert network.passes == [1, 4]
    assert {value: float(answer.flat[0]) for value, answer in answers.items()} == {
        n: 2.0 * n for n in range(1, 6)
    }
    assert all(answer.shape == (1, 4, 4, 3) for answer in answers.values())


def test_a_pass_has_no_more_pictures_than_it_may():
    network = Doubling()
    answers, _ = gathered(network, 2, [1, 2, 3, 4, 5, 6])
    assert network.passes == [1, 2, 2, 1]
    assert len(answers) == 6


def test_pictures_of_another_shape_wait_for_their_own_pass():
    network = Doubling()
    answers, _ = gathered(network, 8, [1, 2, 3, 4], lambda value: 8 if value == 3 else 4)
    assert network.passes == [1, 1, 1, 1]
    assert answers[3].shape == (1, 8, 8, 3)


def test_a_batch_that_does_not_fit_is_halved_and_the_lesson_kept():
    network = Doubling(fits=2)
    answers, gathering = gathered(network, 8, [1, 2, 3, 4, 5])
    assert network.passes == [1, 4, 2, 2]
    assert gathering.most == 2
    assert [type(answers[value]) for value in range(1, 6)] == [np.ndarray] * 5


def test_a_picture_that_does_not_fit_alone_fails_alone():
    network = Doubling(fits=0)
    answers, gathering = gathered(network, 4, [1, 2, 3])
    assert all(isinstance(answer, OutOfMemory) for answer in answers.values())
    assert gathering.most == 1


@pytest.mark.parametrize("error", [RuntimeError("a bug"), MemoryError(), SystemExit(3)])
def test_one_bad_picture_fails_alone(error):
    network = Doubling(error=error)
    answers, gathering = gathered(network, 8, [1, 2, BAD, 4])
    assert network.passes == [1, 3, 1, 1, 1]
    assert answers[BAD] is error
    assert [float(answers[value].flat[0]) for value in (1, 2, 4)] == [2, 4, 8]
    assert gathering.most == 8


def test_after_a_failure_the_next_caller_is_served():
    network = Doubling(error=SystemExit(1))
    network.may_go.set()
    gathering = Gathering(network, 8)
    with pytest.raises(SystemExit):
        gathering.infer(picture(BAD))
    assert (gathering.infer(picture(2)) == 4).all()


def test_an_urgent_picture_goes_before_others_that_wait():
    network = Doubling()
    callers = Callers(Gathering(network, 2))
    callers.send(picture(1))
    assert network.entered.wait(20)
    callers.send(picture(2), picture(3), rank=1)
    callers.send(picture(9), rank=0)
    network.may_go.set()
    callers.answered()
    assert network.seen == [[1], [9, 2], [3]]


class Pairing:
    """Two passes meet in it before either ends."""

    def __init__(self):
        self.both = Barrier(2)

    def infer(self, batch):
        self.both.wait(20)
        return batch * 2


def test_a_second_pass_begins_beside_the_first_where_the_network_can_have_two():
    callers = Callers(Gathering(Pairing(), 8, at_once=2))
    callers.send(picture(1), picture(2))
    answers = callers.answered()
    assert [float(answers[value].flat[0]) for value in (1, 2)] == [2.0, 4.0]


def test_who_is_taken_along_leaves_the_second_place_to_others():
    network = Doubling()
    gathering, answers = Gathering(network, 2, at_once=2), {}

    def ask(value):
        answers[value] = float(gathering.infer(picture(value)).flat[0])

    threads = [Thread(target=ask, args=(value,)) for value in range(1, 8)]
    for thread in threads:
        thread.start()
    while len(network.passes) < 2 or len(gathering._waiting) < 5:
        pass
    network.may_go.set()
    for thread in threads:
        thread.join(20)
    assert answers == {value: 2.0 * value for value in range(1, 8)}
    assert sorted(network.passes) == [1, 1, 1, 2, 2]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_nobody_is_mixed_up_under_load(at_once):
    network = Doubling()
    network.may_go.set()
    gathering, start = Gathering(network, 5, at_once=at_once), Barrier(8)
    wrong = []

    def caller(own):
        start.wait()
        for turn in range(50):
            value = own * 100 + turn
            if (gathering.infer(picture(value)) != 2 * value).any():
                wrong.append(value)

    threads = [Thread(target=caller, args=(own,)) for own in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    assert sum(network.passes) == 400
    assert max(network.passes) <= 5


def test_it_is_parked_as_its_network_is():
    network = Doubling()
    assert Gathering(network, 2).park() is True
    assert network.parked == 1


class Paced:
    """As fast as a device would be that is at its best with four pictures; none was at hand."""

    def __init__(self, *, fits=100):
        self.passes = []
        self._fits = fits

    def infer(self, batch):
        if len(batch) > self._fits:
            raise OutOfMemory("full")
        self.passes.append(len(batch))
        sleep({1: 0.010, 2: 0.012, 4: 0.016, 8: 0.060}[len(batch)])
        return batch


def tuned(network, tmp_path, most=8, probe=PROBE):
    weights = tmp_path / "net.safetensors"
    weights.write_bytes(b"numbers")
    gathering = Gathering(network, most, probe)
    gathering.tune(weights)
    return gathering


@pytest.mark.parametrize(("most", "fits", "best"), [(8, 100, 4), (2, 100, 2), (8, 3, 2), (8, 1, 1)])
def test_a_pass_has_as_many_pictures_as_are_worth_it(tmp_path, most, fits, best):
    assert tuned(Paced(fits=fits), tmp_path, most).most == best


def test_a_worker_that_starts_again_measures_nothing(tmp_path):
    tuned(Paced(), tmp_path)
    again = Paced()
    assert tuned(again, tmp_path).most == 4
    assert again.passes == []


@pytest.mark.parametrize(("most", "probe"), [(8, None), (1, PROBE)])
def test_nothing_is_measured_for_pictures_of_any_size_or_one_by_one(tmp_path, most, probe):
    network = Paced()
    assert tuned(network, tmp_path, most, probe).most == most
    assert network.passes == []


def test_the_measuring_waits_for_pictures_that_wait(tmp_path):
    network = Doubling()
    callers = Callers(Gathering(network, 2, PROBE))
    callers.send(picture(1))
    assert network.entered.wait(20)
    (tmp_path / "net").write_bytes(b"numbers")
    tuning = Thread(target=callers._gathering.tune, args=(tmp_path / "net",))
    tuning.start()
    while len(callers._gathering._device._waiting) < 1:
        pass
    callers.send(picture(2))
    network.may_go.set()
    callers.answered()
    tuning.join(20)
    assert network.seen[:3] == [[1], [2], [0]]
