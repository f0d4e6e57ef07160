"""Listening to one job's changes."""

import time
from threading import Timer

import pytest

from shared.errors import StoreUnavailable
from shared.jobs.redis_archive import RedisJobArchive
from tests.shared.jobs.conftest import JOB

LONG_SECONDS = 30


@pytest.fixture
def archive(redis, times):
    return RedisJobArchive(redis, times)


def waited(changes, seconds=LONG_SECONDS):
    started = time.monotonic()
    changes.wait(seconds)
    return time.monotonic() - started


@pytest.fixture(autouse=True)
def untold(monkeypatch):
    """Only what is told ends the waiting."""
    monkeypatch.setattr("shared.jobs.watching._UNTOLD_SECONDS", LONG_SECONDS)


def test_a_change_ends_the_waiting(archive, store, create, claim):
    create()
    with archive.changes(JOB) as changes:
        change = Timer(0.05, claim, [store])
        change.start()
        assert waited(changes) < 5
        change.join()
        assert archive.glance(JOB).status == "running"


def test_what_happened_since_one_listens_is_not_missed(archive, store, create, claim):
    create()
    with archive.changes(JOB) as changes:
        claim(store)
        assert waited(changes) < 5


def test_progress_is_a_change(archive, store, create, claim):
    create()
    claimed = claim(store)
    with archive.changes(JOB) as changes:
        store.renew(claimed, 0.5)
        assert waited(changes) < 5


def test_another_job_is_not(archive, store, create, claim):
    create()
    create("job_other")
    with archive.changes(JOB) as changes:
        claim(store, job_id="job_other")
        assert waited(changes, 0.1) >= 0.1


def test_nobody_trusts_that_all_is_told(archive, create, monkeypatch):
    monkeypatch.setattr("shared.jobs.watching._UNTOLD_SECONDS", 0.05)
    create()
    with archive.changes(JOB) as changes:
        assert waited(changes) < 5


def test_a_store_that_is_down_says_so(archive, create, redis_server):
    create()
    redis_server.connected = False
    with pytest.raises(StoreUnavailable), archive.changes(JOB):
        pass


def test_a_store_that_goes_meanwhile_says_so(archive, create, redis_server):
    create()
    with pytest.raises(StoreUnavailable), archive.changes(JOB) as changes:
        redis_server.connected = False
        changes.wait(0.5)
        archive.glance(JOB)


def test_the_connection_is_given_back(archive, create, redis):
    create()
    for _ in range(3):
        with archive.changes(JOB):
            pass
    assert redis.pubsub_numsub(f"job:{JOB}")[0][1] == 0


def test_who_waits_for_the_end_hears_of_nothing_else(archive, store, create, claim):
    create()
    with archive.end(JOB) as end:
        claimed = claim(store)
        assert waited(end, 0.1) >= 0.1
        store.cancel(JOB)
        store.release(claimed)
        assert end.wait(LONG_SECONDS)
        assert archive.glance(JOB).status == "canceled"


def test_a_connection_is_used_again(archive, store, create, claim, monkeypatch, redis):
    create()
    create("job_other")
    with archive.changes(JOB):
        claim(store)  # said, and never heard
    monkeypatch.setattr(redis, "pubsub", None)
    with archive.changes("job_other") as changes:
        assert waited(changes, 0.1) >= 0.1
        claim(store, job_id="job_other")
        assert changes.wait(LONG_SECONDS)
    assert redis.pubsub_channels() == []
