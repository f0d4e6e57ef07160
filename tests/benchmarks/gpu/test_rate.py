"""Work by the second."""

import time
from threading import Lock

import pytest

from benchmarks.gpu.rate import rate, timed


def test_callers_who_take_turns_are_no_faster_together():
    device = Lock()

    def work():
        with device:
            time.sleep(0.02)

    assert 20 < rate(work, 0.3, callers=3) <= 50


def test_callers_beside_each_other_are():
    assert rate(lambda: time.sleep(0.05), 0.4, callers=4) > 30


def test_the_first_of_each_caller_does_not_count():
    slow = [0.3, 0.3]

    def work():
        time.sleep(slow.pop() if slow else 0.01)

    assert rate(work, 0.2, callers=2) > 40


def test_what_fails_is_raised():
    with pytest.raises(ZeroDivisionError):
        rate(lambda: 1 / 0, 0.1, callers=2)


def test_seconds_are_timed():
    assert 0.05 <= timed(lambda: time.sleep(0.05)) < 0.5
