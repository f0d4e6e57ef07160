"""Presence of workers."""

import time

import pytest

from shared.errors import StoreUnavailable
from shared.fleet.port import WorkerFacts
from shared.fleet.redis_fleet import RedisFleet

ONE = WorkerFacts("one", ("gpu.interactive",), ("imgly-medium",), ("imgly-medium",))


@pytest.fixture
def fleet(redis):
    return RedisFleet(redis, 0.05)


def test_nobody_is_alive_at_first(fleet):
    assert fleet.alive() == []


def test_who_announces_itself_is_alive(fleet):
    fleet.announce(ONE)
    fleet.announce(WorkerFacts("two", ()))
    assert sorted(fleet.alive(), key=lambda facts: facts.worker_id) == [ONE, WorkerFacts("two", ())]


def test_a_worker_of_a_later_version_is_understood_as_far_as_we_know(fleet, redis):
    redis.sadd("workers", "new")
    redis.set("worker:new", '{"worker_id": "new", "queues": ["cpu.bulk"], "mood": "good"}')
    assert fleet.alive() == [WorkerFacts("new", ("cpu.bulk",))]


def test_who_falls_silent_is_forgotten(fleet):
    fleet.announce(ONE)
    time.sleep(0.07)
    assert fleet.alive() == []
    fleet.announce(ONE)
    assert fleet.alive() == [ONE]


def test_who_is_gone_is_no_longer_looked_for(fleet, redis):
    fleet.announce(ONE)
    time.sleep(0.07)
    fleet.alive()
    assert redis.scard("workers") == 0


def test_a_store_that_is_down_says_so(fleet, redis_server):
    redis_server.connected = False
    with pytest.raises(StoreUnavailable):
        fleet.alive()
    with pytest.raises(StoreUnavailable):
        fleet.announce(ONE)
