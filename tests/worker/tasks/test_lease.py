"""Leases under the heartbeat."""

import time

import pytest

from shared.errors import StoreUnavailable
from shared.jobs.job import LeaseState
from worker.process import watchdog
from worker.tasks.lease import Heartbeat, Lease


class Ended(BaseException):
    """What stands in for the end of the process."""


class Jobs:
    """A store that renews, or not."""

    def __init__(self, error=None):
        self.error = error
        self.renewals = 0

    def renew(self, claim, progress):
        self.renewals += 1
        if self.error:
            raise self.error
        return LeaseState.HELD


class OfStep:
    class step:  # noqa: N801  the claim's attribute
        job_id, name = "job_1", "segment"


@pytest.fixture
def ended(monkeypatch):
    reasons = []
    monkeypatch.setattr(watchdog, "end_process", lambda reason, **_: reasons.append(reason))
    return reasons


@pytest.fixture
def heartbeat():
    heartbeat = Heartbeat(0.02)
    yield heartbeat
    heartbeat.stop()


def test_leases_are_renewed(heartbeat):
    jobs = Jobs()
    heartbeat.add(Lease(jobs, OfStep()))
    time.sleep(0.15)
    assert jobs.renewals >= 3


def test_a_stage_without_progress_ends_the_process(heartbeat, ended):
    heartbeat.add(Lease(Jobs(), OfStep(), deadline_seconds=0.05))
    time.sleep(0.2)
    assert "a stage shows no progress" in ended


def test_progress_puts_the_deadline_off(heartbeat, ended):
    lease = Lease(Jobs(), OfStep(), deadline_seconds=0.15)
    heartbeat.add(lease)
    for step in range(10):
        time.sleep(0.03)
        lease.progress(step / 10)
    assert ended == []


def test_work_that_is_done_may_wait_for_the_store_as_long_as_it_takes(heartbeat, ended):
    lease = Lease(Jobs(), OfStep(), deadline_seconds=0.05)
    lease.work_done()
    heartbeat.add(lease)
    time.sleep(0.15)
    assert ended == []


def test_a_heartbeat_that_breaks_ends_the_process(heartbeat, ended):
    heartbeat.add(Lease(Jobs(RuntimeError("a bug")), OfStep()))
    time.sleep(0.15)
    assert ended == ["the heartbeat died"]


def test_a_silent_store_is_asked_once_a_beat_and_not_once_a_lease(heartbeat, ended):
    jobs = [Jobs(StoreUnavailable("down")) for _ in range(20)]
    for one in jobs:
        heartbeat.add(Lease(one, OfStep()))
    time.sleep(0.15)
    assert 1 <= sum(one.renewals for one in jobs) <= 10
    assert ended == []
