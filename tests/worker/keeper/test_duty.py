"""The keeper's duties, each in a thread of its own."""

import time
from threading import Event, Thread

import pytest

from shared.errors import StoreUnavailable
from worker.keeper.duty import Duty, perform
from worker.process import watchdog


@pytest.fixture
def performed():
    """Let duties run for a moment; gives who reported."""

    def performed(*duties, seconds=0.2):
        stopped, reports = Event(), []
        thread = Thread(target=perform, args=(duties, stopped, reports.append))
        thread.start()
        time.sleep(seconds)
        stopped.set()
        thread.join(5)
        assert not thread.is_alive()
        return reports

    return performed


def test_a_slow_duty_holds_up_no_other(performed):
    reports = performed(
        Duty("slow", 0.01, lambda: time.sleep(0.15) or False), Duty("quick", 0.01, lambda: False)
    )
    assert reports.count("quick") > 3 * reports.count("slow")


def test_a_duty_with_more_to_do_goes_on_at_once(performed):
    left = list(range(50))
    assert performed(Duty("pages", 0.05, lambda: bool(left and left.pop()))).count("pages") >= 50


def test_an_outage_is_waited_out_and_not_reported(performed):
    calls = []

    def flaky():
        calls.append(1)
        if len(calls) < 4:
            raise StoreUnavailable("down")
        return False

    reports = performed(Duty("flaky", 0.02, flaky))
    assert len(reports) == len(calls) - 3 >= 1


def test_a_duty_that_breaks_ends_the_process(performed, monkeypatch):
    ended = []
    monkeypatch.setattr(watchdog, "end_process", lambda reason, **facts: ended.append(facts["duty"]))

    def broken():
        raise KeyError("a bug")

    performed(Duty("broken", 0.01, broken), Duty("sound", 0.01, lambda: False))
    assert ended == ["broken"]
