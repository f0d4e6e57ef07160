"""A worker that takes no messages ends itself; one that has none, or is at work, lives."""

from threading import Event

import fakeredis
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from worker.process import consumption as room
from worker.process.consumption import Consumption, messages


class Ended(Exception):
    """Stands in for the end of the process."""


@pytest.fixture
def clock(monkeypatch):
    """Seconds that the test lets pass; and an end that does not end the tests."""

    class Clock:
        now = 1000.0

    def end(reason, **facts):
        raise Ended(reason, facts)

    monkeypatch.setattr(room.time, "monotonic", lambda: Clock.now)
    monkeypatch.setattr(room.watchdog, "end_process", end)
    return Clock


def looks(consumption, clock, seconds, every=10):
    for _ in range(int(seconds / every)):
        clock.now += every
        consumption.look()


def test_messages_that_wait_for_too_long_end_the_process(clock):
    consumption = Consumption(lambda: 3)
    looks(consumption, clock, 300)
    with pytest.raises(Ended, match="messages wait and none is taken"):
        looks(consumption, clock, 10)


@pytest.mark.parametrize("waiting", [0, None], ids=["empty", "no answer"])
def test_an_empty_queue_or_a_silent_broker_is_no_reason(clock, waiting):
    looks(Consumption(lambda: waiting), clock, 86_400, every=60)


def test_the_time_counts_from_when_the_first_message_waits(clock):
    waiting = [0]
    consumption = Consumption(lambda: waiting[0])
    looks(consumption, clock, 3600)
    waiting[0] = 1
    looks(consumption, clock, 300)
    with pytest.raises(Ended):
        looks(consumption, clock, 20)


def test_an_outage_in_between_begins_the_time_anew(clock):
    waiting: list[int | None] = [5]
    consumption = Consumption(lambda: waiting[0])
    looks(consumption, clock, 250)
    waiting[0] = None
    looks(consumption, clock, 10)
    waiting[0] = 5
    looks(consumption, clock, 290)


def test_a_long_stage_is_no_reason_while_others_wait_behind_it(clock):
    consumption = Consumption(lambda: 1000)
    consumption.began()
    looks(consumption, clock, 7200)
    consumption.ended()
    looks(consumption, clock, 290)
    with pytest.raises(Ended):
        looks(consumption, clock, 20)


def test_one_that_takes_a_message_now_and_then_lives(clock):
    consumption = Consumption(lambda: 1000)
    for _ in range(20):
        looks(consumption, clock, 250)
        consumption.began()
        consumption.ended()


def test_it_stops_looking_when_told_to(clock):
    stopped = Event()
    stopped.set()
    Consumption(lambda: 1).watch(stopped)


def test_messages_are_counted_over_the_queues_that_are_served():
    broker = fakeredis.FakeRedis(decode_responses=True)
    broker.lpush("gpu.bulk", "a", "b")
    broker.lpush("cpu.bulk", "c")
    broker.lpush("io.bulk", "of another worker")
    assert messages(broker, ("gpu.bulk", "cpu.bulk", "gpu.interactive")) == 3


def test_a_broker_that_does_not_answer_has_no_number(monkeypatch):
    broker = fakeredis.FakeRedis(decode_responses=True)
    monkeypatch.setattr(broker, "pipeline", lambda transaction: _Dead())
    assert messages(broker, ("gpu.bulk",)) is None


class _Dead:
    def llen(self, queue):
        """Queued."""

    def execute(self):
        raise RedisConnectionError("away")
