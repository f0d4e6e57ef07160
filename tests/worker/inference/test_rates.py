"""How many pictures at once are worth it."""

import pytest

from shared.errors import OutOfMemory
from worker.inference.rates import Rates, measure


class Device:
    """Takes so many seconds for passes of each size, and counts what it was asked."""

    def __init__(self, seconds, *, fits=100, differs_from=100):
        self.spent = 0.0
        self.prepared, self.passes = [], []
        self._seconds, self._fits, self._differs_from = seconds, fits, differs_from

    def prepare(self, count):
        if count > self._fits:
            raise OutOfMemory("full")
        self.prepared.append(count)
        return None if count >= self._differs_from else lambda: self._pass(count)

    def _pass(self, count):
        self.passes.append(count)
        taken = self._seconds(count)
        self.spent += taken
        return taken


def rising_then_falling(count):
    """Passes of 1, 2, 4, 8, 16: 10, 16, 25, 20, 10 pictures a second."""
    return count / {1: 10, 2: 16, 4: 25, 8: 20, 16: 10}[count]


def test_it_doubles_until_it_becomes_slower():
    device = Device(rising_then_falling)
    assert measure(16, device.prepare) == Rates({1: 10, 2: 16, 4: 25, 8: 20})
    assert device.prepared == [1, 2, 4, 8]


def test_the_highest_count_allowed_is_tried_though_it_is_no_power_of_two():
    device = Device(lambda count: 0.1)
    measure(6, device.prepare)
    assert device.prepared == [1, 2, 4, 6]


def test_one_by_one_nothing_is_compared():
    device = Device(lambda count: 0.1)
    assert measure(1, device.prepare) == Rates({1: 10})
    assert device.passes == [1]


def test_what_does_not_fit_into_memory_ends_it():
    assert list(measure(16, Device(lambda count: 0.1, fits=3).prepare).by_count) == [1, 2]


def test_not_even_one_fits():
    with pytest.raises(OutOfMemory):
        measure(2, Device(lambda count: 0.1, fits=0).prepare)


def test_other_results_end_it():
    assert list(measure(16, Device(lambda count: 0.1, differs_from=4).prepare).by_count) == [1, 2]


@pytest.mark.parametrize(("seconds", "tried"), [(0.9, [1, 2]), (1.1, [1]), (0.4, [1, 2, 4])])
def test_nobody_shall_wait_two_seconds_for_his_picture(seconds, tried):
    device = Device(lambda count: seconds * count * 0.99 ** (count - 1))
    measure(8, device.prepare)
    assert device.prepared == tried


@pytest.mark.parametrize(("seconds", "is_settled"), [(1.1, False), (0.9, True), (0.1, True)])
def test_rates_are_settled_once_something_was_compared(seconds, is_settled):
    assert measure(8, Device(lambda count: seconds * count).prepare).is_settled is is_settled


@pytest.mark.parametrize("limits", [{"fits": 1}, {"differs_from": 2}])
def test_they_are_settled_where_nothing_but_one_is_possible(limits):
    assert measure(8, Device(lambda count: 0.1, **limits).prepare).is_settled


@pytest.mark.parametrize("alone", [0.01, 0.2, 0.4, 0.9, 5.0])
def test_it_is_over_within_its_time(alone):
    device = Device(lambda count: alone * count * 0.99 ** (count - 1))
    measure(64, device.prepare)
    assert device.spent <= 20


def test_a_pass_that_something_has_disturbed_does_not_decide():
    pace = {1: iter([0.1] * 9), 2: iter([0.1, 5.0, 0.1, 0.1, 0.1])}
    assert measure(2, Device(lambda count: next(pace[count])).prepare).best == 2


def test_they_take_turns_so_that_a_busy_machine_hits_both():
    device = Device(lambda count: 0.1)
    measure(2, device.prepare)
    assert device.passes == [1, *([1, 2] * 5)]


@pytest.mark.parametrize(
    ("rates", "best"),
    [({1: 10}, 1), ({1: 10, 2: 10.08}, 1), ({1: 10, 2: 10.2}, 2), ({1: 10, 2: 19.9, 4: 20, 8: 3}, 2)],
)
def test_the_smallest_count_near_the_highest_rate_is_the_best(rates, best):
    assert Rates(rates).best == best


@pytest.mark.parametrize(("rates", "fewest"), [({1: 10, 4: 10}, 4), ({1: 10, 4: 19}, 3), ({1: 10, 4: 40}, 2)])
def test_shares_are_worth_it_from_as_many_callers_as_bring_more_than_one_alone(rates, fewest):
    assert Rates(rates).fewest(4) == fewest
