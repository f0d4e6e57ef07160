"""Bulk work leaves a worker's reserved threads alone: with kombu on a real Redis, and with a whole worker."""

import json
import socket
import time
from contextlib import suppress

import pytest
from kombu import Connection, Queue

from shared.queue.names import QUEUES
from tests.integration.stack import until
from worker.reserving import ReservingTransport

pytestmark = pytest.mark.integration

THREADS = 4


class Taker:
    """Takes messages as a worker with four threads does, one of them reserved, and holds them until told."""

    def __init__(self, stack, queues=QUEUES, reserved=1):
        stack.start("redis")
        until(stack.broker.ping, 20, "redis")
        options = {"queue_order_strategy": "priority", "reserved_threads": reserved}
        self._connection = Connection(
            stack.settings["CUTROOM_BROKER_URL"], transport=ReservingTransport, transport_options=options
        )
        self.channel = self._connection.default_channel
        self.channel.basic_qos(0, THREADS, True)
        self.held = []
        consumer = self._connection.Consumer([Queue(name) for name in queues], channel=self.channel)
        consumer.register_callback(lambda body, message: self.held.append(message))
        consumer.consume()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.release()

    def put(self, queue, count=1):
        for number in range(count):
            self._connection.SimpleQueue(queue, serializer="json").put(number)

    def take(self, seconds=0.3):
        """Take what comes within this time, and leave a BRPOP waiting."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            self.look(0.05)
        return self.queues()

    def look(self, seconds):
        with suppress(socket.timeout):
            self._connection.drain_events(timeout=seconds)

    def queues(self):
        return [message.delivery_info["routing_key"] for message in self.held]

    def done(self, queue):
        """Acknowledge the first of this queue."""
        self.let_go(self.queues().index(queue))

    def let_go(self, index=0):
        message = self.held.pop(index)
        message.ack()
        return message.delivery_tag


def test_bulk_never_takes_the_reserved_thread(stack):
    with Taker(stack) as taker:
        taker.put("gpu.bulk", 6)
        assert taker.take(1.5) == ["gpu.bulk"] * 3  # longer than a BRPOP waits
        taker.put("io.interactive", 2)
        assert taker.take() == ["gpu.bulk"] * 3 + ["io.interactive"]


def test_interactive_work_takes_every_thread_and_goes_first(stack):
    with Taker(stack) as taker:
        taker.put("gpu.bulk", 6)
        taker.put("cpu.interactive", 5)
        assert taker.take() == ["cpu.interactive"] * 4
        taker.done("cpu.interactive")
        taker.done("cpu.interactive")
        assert taker.take() == ["cpu.interactive"] * 3 + ["gpu.bulk"]


def test_a_worker_of_bulk_alone_reserves_nothing(stack):
    with Taker(stack, queues=[queue for queue in QUEUES if queue.endswith(".bulk")]) as taker:
        taker.put("gpu.bulk", 6)
        assert taker.take() == ["gpu.bulk"] * 4


def test_one_thread_is_left_to_bulk(stack):
    with Taker(stack, reserved=9) as taker:
        taker.put("gpu.bulk", 6)
        assert taker.take() == ["gpu.bulk"]


def test_a_bulk_message_follows_the_one_that_is_done_without_waiting_for_a_brpop_to_run_out(stack):
    with Taker(stack) as taker:
        taker.put("gpu.bulk", 23)
        taker.take()
        started = time.monotonic()
        for _ in range(20):
            taker.take(0.06)
            taker.done("gpu.bulk")
        assert taker.take() == ["gpu.bulk"] * 3
        assert time.monotonic() - started < 5, "each waits half a second otherwise"


def test_it_ends_the_right_brpop_after_its_connection_was_lost(stack):
    with Taker(stack) as taker:
        taker.put("gpu.bulk", 5)
        taker.take()
        [waiting] = [client for client in stack.broker.client_list() if client["cmd"] == "brpop"]
        stack.broker.client_kill_filter(_id=waiting["id"])
        with suppress(*taker.channel.connection_errors):
            taker.take()
        taker.take()
        taker.done("gpu.bulk")
        started = time.monotonic()
        until(lambda: len(taker.take(0.05)) == 3, 5, "the next one")
        assert time.monotonic() - started < 0.5


def test_a_connection_that_was_given_up_is_closed_without_an_error(stack):
    """Celery closes twice what it has lost, then lets go of what still ran, and ends by an error of either."""
    with Taker(stack) as taker:
        taker.put("gpu.bulk")
        taker.take()
        stack.kill("redis")
        with pytest.raises(taker.channel.connection_errors):
            taker.channel.close()
        taker.channel.connection.client = None
        taker.channel.close()
        taker.let_go()


def test_no_message_is_lost_or_doubled_by_ending_a_brpop(stack):
    """While others ring: the BRPOP that is ended may have been served in that moment."""
    with Taker(stack) as taker:
        tags = []
        for number in range(600):
            taker.put("gpu.bulk" if number % 3 else "gpu.interactive")
            taker.look(0.001)
            assert taker.queues().count("gpu.bulk") <= 3
            if len(taker.held) > number % 4:
                tags.append(taker.let_go())
        give_up = time.monotonic() + 20
        while len(tags) < 600 and time.monotonic() < give_up:
            taker.look(0.01)
            while taker.held:
                tags.append(taker.let_go())
        assert (len(tags), len(set(tags))) == (600, 600)
        assert stack.broker.hlen("unacked") == 0


def test_an_interactive_job_begins_beside_bulk_in_all_other_threads(stack, picture):
    """And a worker that rightly leaves bulk messages where they are is not taken for one that takes nothing."""
    stack.up(STAND_IN_SECONDS="3", STAND_IN_IDLE_SECONDS="1", CUTROOM_REDELIVER_SECONDS="60")
    bulk = [
        stack.submit(picture, json.dumps({"priority": "bulk", "roi": [0, 0, 300, 200 + n]})) for n in range(8)
    ]
    until(lambda: running(stack, bulk) == 3, 20, "bulk in three threads")
    until(lambda: stack.broker.llen("gpu.bulk") == 5, 5, "the others to wait")

    started = time.monotonic()
    job = stack.submit(picture)
    until(lambda: stack.job(job)["status"] == "running", 2, "the interactive job to begin")
    assert time.monotonic() - started < 2
    assert (running(stack, bulk), stack.broker.llen("gpu.bulk")) == (3, 5)

    assert [stack.finished(job_id, 40)["status"] for job_id in [job, *bulk]] == ["succeeded"] * 9
    until(lambda: stack.broker.hlen("unacked") == 0, 5, "unacked")
    assert [stack.broker.llen(queue) for queue in QUEUES] == [0] * len(QUEUES)
    assert stack.processes["worker"].poll() is None


def running(stack, job_ids):
    return sum(stack.job(job_id)["status"] == "running" for job_id in job_ids)
