"""How much bulk a worker may hold, and when it ends a BRPOP that leaves bulk out."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from kombu import Connection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from worker.reserving import ReservingChannel, ReservingQoS, ReservingTransport


class Client:
    """Redis as far as these parts ask it."""

    def __init__(self, answers=(1,)):
        self.answers = list(answers)
        self.unblocked = []

    def client_unblock(self, client_id):
        self.unblocked.append(client_id)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Channel(ReservingChannel):
    """Without a connection: its BRPOP waits, and was sent for the queues in `asked`."""

    def __init__(self, client=None, asked=("gpu.interactive",), reserved=1):
        self.reserved_threads = reserved
        self._active_queues = ["gpu.interactive", "gpu.bulk"]
        self.active_fanout_queues = set()
        self._asked, self._client_id, self._in_poll = frozenset(asked), 7, True
        self._redis = client or Client()
        self._qos = None
        self.connection = SimpleNamespace(client="its address")

    @contextmanager
    def conn_or_acquire(self, client=None):
        yield self._redis

    def __del__(self):
        """Nothing to close."""


class QoS(ReservingQoS):
    """Its bookkeeping in Redis is left out, or fails."""

    error = None

    def _remove_from_indices(self, delivery_tag, pipe=None):
        def execute():
            if self.error:
                raise self.error

        return SimpleNamespace(execute=execute)


@pytest.fixture
def hold():
    made = []

    def hold(channel, *queues, threads=4):
        channel._qos = qos = QoS(channel, threads)
        qos.restore_at_shutdown = False
        for tag, queue in enumerate(queues):
            qos._delivered[tag] = SimpleNamespace(delivery_info={"routing_key": queue})
        made.append(qos)
        return qos

    yield hold
    for qos in made:
        qos._on_collect.cancel()


@pytest.mark.parametrize(
    ("threads", "reserved", "most"), [(4, 1, 3), (4, 0, 4), (4, 3, 1), (4, 9, 1), (1, 1, 1), (16, 2, 14)]
)
def test_bulk_may_hold_all_but_the_reserved_threads_and_one_in_any_case(hold, threads, reserved, most):
    channel = Channel(reserved=reserved)
    assert not hold(channel, *["gpu.bulk"] * (most - 1), threads=threads).is_full_of_bulk
    assert hold(channel, *["gpu.bulk"] * most, threads=threads).is_full_of_bulk


def test_interactive_messages_do_not_count(hold):
    assert not hold(Channel(), "gpu.interactive", "gpu.bulk", "cpu.bulk").is_full_of_bulk


def test_a_worker_full_of_bulk_asks_for_the_rest_alone(hold):
    channel = Channel()
    hold(channel, *["gpu.bulk"] * 2)
    assert channel._open_queues() == ["gpu.interactive", "gpu.bulk"]
    hold(channel, *["gpu.bulk"] * 3)
    assert channel._open_queues() == ["gpu.interactive"]
    channel._active_queues = ["gpu.bulk"]
    assert channel._open_queues() == ["gpu.bulk"]


def test_a_brpop_that_leaves_bulk_out_is_ended_once_there_is_room(hold):
    channel = Channel()
    qos = hold(channel, "gpu.interactive", *["gpu.bulk"] * 3)
    qos.ack(0)
    assert channel._redis.unblocked == []
    qos.ack(1)
    assert channel._redis.unblocked == [7]


def test_so_is_one_that_redis_saw_too_late_the_first_time(hold):
    channel = Channel(Client([0, 1]))
    hold(channel, *["gpu.bulk"] * 3).reject(0)
    assert channel._redis.unblocked == [7, 7]


@pytest.mark.parametrize("waits", [True, False])
def test_none_is_ended_that_asks_for_all_or_does_not_wait(hold, waits):
    channel = Channel(asked=("gpu.interactive", "gpu.bulk") if waits else ("gpu.interactive",))
    channel._in_poll = waits
    hold(channel, *["gpu.bulk"] * 3).ack(0)
    assert channel._redis.unblocked == []


def test_a_redis_that_refuses_is_asked_once(hold):
    channel = Channel(Client([ResponseError("NOPERM")]))
    qos = hold(channel, *["gpu.bulk"] * 3)
    qos.ack(0)
    qos.ack(1)
    assert channel._redis.unblocked == [7]


def test_a_message_whose_acknowledgement_fails_holds_no_thread(hold):
    qos = hold(Channel(), *["gpu.bulk"] * 4)
    qos.error = RedisConnectionError("away")
    for tag in (0, 1):
        with pytest.raises(RedisConnectionError):
            qos.ack(tag)
    assert qos.can_consume()
    assert not qos.is_full_of_bulk


def test_an_encrypted_broker_stays_encrypted():
    connection = Connection("rediss://broker:6380/1?ssl_cert_reqs=required", transport=ReservingTransport)
    assert connection.ssl
    assert connection.port == 6380


def test_nothing_is_asked_of_a_connection_that_was_given_up(hold):
    channel = Channel()
    qos = hold(channel, *["gpu.bulk"] * 3)
    qos.error = RedisConnectionError("must not be asked")
    channel.connection.client = None
    qos.ack(0)
    qos.restore_unacked()
    assert not qos._delivered
    channel.connection = None
    qos.reject(1, requeue=True)
