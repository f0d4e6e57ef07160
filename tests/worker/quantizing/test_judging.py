"""Whether an int8 network may stand in for the exact one."""

import numpy as np
import pytest

from worker.io.int8 import Differences
from worker.quantizing.judging import BOUNDS, differences, is_close

BATCHES = [np.full((1, 32, 32, 1), place, np.uint8) for place in (3, 9)]
AS_GOOD = Differences(photos=4, matte=0.0, iou=1.0, gradient=0.0, time=0.5)


class Square:
    """A network that sees the same square in everything, moved by some pixels."""

    def __init__(self, moved=0, strength=1.0):
        self._matte = np.zeros((32, 32), np.float32)
        self._matte[8 : 8 + 16, 8 + moved : 24 + moved] = strength
        self.passes = 0

    def infer(self, batch):
        self.passes += 1
        return self._matte


def found(exact, int8):
    return differences(exact, int8, lambda output: output, BATCHES)


def test_a_network_does_not_differ_from_itself():
    same = found(Square(), Square())
    assert (same.photos, same.matte, same.iou) == (2, 0, 1)
    assert same.gradient == pytest.approx(0, abs=1e-9)


def test_a_moved_subject_shows_in_every_measure():
    moved = found(Square(), Square(moved=2))
    assert moved.matte == pytest.approx(2 * 2 * 16 / 32**2)
    assert moved.iou == pytest.approx(14 / 18)
    assert moved.gradient > 0.3


def test_two_empty_mattes_agree():
    empty = found(Square(strength=0), Square(strength=0))
    assert (empty.matte, empty.iou, empty.gradient) == (0, 1, 0)


def test_both_networks_see_each_photo_and_one_more_to_warm_up():
    exact, int8, told = Square(), Square(), []
    differences(exact, int8, lambda output: output, BATCHES, lambda *step: told.append(step))
    assert exact.passes == int8.passes == 3
    assert told == [(1, 2), (2, 2)]


def test_what_lies_within_every_bound_is_close():
    assert is_close(BOUNDS)
    assert is_close(AS_GOOD)


@pytest.mark.parametrize("beyond", [{"matte": 0.5}, {"iou": 0.5}, {"gradient": 0.5}, {"time": 1.0}])
def test_one_measure_beyond_its_bound_is_enough_to_refuse(beyond):
    assert not is_close(AS_GOOD.model_copy(update=beyond))
