"""Stages that load for long."""

import time

import pytest

from worker.tasks import patience
from worker.tasks.lease import LeaseEnded
from worker.tasks.patience import patiently


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(patience, "_TICK_SECONDS", 0.01)


def until(condition):
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def test_a_stage_that_loads_shows_that_it_moves():
    seen = []
    with patiently(seen.append, 0.1):
        until(lambda: len(seen) >= 3)
    counted = len(seen)
    time.sleep(0.05)
    assert set(seen) == {0.1}
    assert len(seen) == counted


def test_what_never_ends_counts_as_standing_still(monkeypatch):
    monkeypatch.setattr(patience, "_LONGEST_SECONDS", 0.05)
    seen = []
    with patiently(seen.append, 0.1):
        time.sleep(0.2)
        counted = len(seen)
        time.sleep(0.1)
        assert len(seen) == counted


def test_a_stage_that_must_stop_hears_of_it_by_itself():
    asked = []

    def progress(fraction):
        asked.append(fraction)
        raise LeaseEnded("cancelled")

    with patiently(progress, 0.1):
        until(lambda: asked)
        time.sleep(0.05)
    assert len(asked) == 1


def test_an_error_of_the_block_comes_through():
    with pytest.raises(KeyError), patiently(lambda _: None, 0.1):
        raise KeyError
