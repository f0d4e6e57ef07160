"""kombu's transport over Redis, in which bulk work leaves some of a worker's threads to interactive jobs.

A worker asks for messages by one BRPOP at a time, which names its queues. While it holds as many bulk messages as it
may, the BRPOP names the others only. Since there is never more than one, and it brings one message, bulk cannot get
beyond its limit. When a bulk message is done, a BRPOP that left bulk out is ended from another connection, and the
next one asks for all: nothing looks again and again, and no thread stands idle until a BRPOP runs out.

After a lost connection what still runs is not counted: its messages are nobody's by then. So until it ends, bulk may
hold the reserved threads, too.

All of this happens in the one thread of Celery's event loop, as kombu's own bookkeeping does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from kombu.transport import redis
from redis.exceptions import ResponseError

from shared.queue.names import BULK_QUEUES
from shared.queue.redis_transport import KeepingChannel

_log = structlog.get_logger(__name__)

_TRIES = 2
"""The first may overtake the BRPOP that it is to end: they come over different connections."""


class ReservingQoS(redis.QoS):
    """What a worker holds and has not acknowledged, which is what it works at or is about to."""

    @property
    def is_full_of_bulk(self) -> bool:
        """Whether it holds as much bulk as it may: all but the reserved threads, and one in any case."""
        held = sum(
            message.delivery_info["routing_key"] in BULK_QUEUES
            for tag, message in self._delivered.items()
            if tag not in self._dirty
        )
        # After a lost connection Celery lowers the count by what still runs, and raises it with each message done:
        # with no bulk at all it would never rise where nobody posts interactive jobs.
        return bool(held >= max(1, self.prefetch_count - self.channel.reserved_threads))

    def ack(self, delivery_tag: str) -> None:
        """Let go of a message that is done."""
        if self._is_given_up:
            return
        with self._letting_go(delivery_tag):
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Let go of a message that is nobody's, or give it back."""
        if self._is_given_up:
            return
        with self._letting_go(delivery_tag):
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]

    def restore_unacked(self, client: Any = None) -> None:
        """Give back what is held."""
        if self._is_given_up:
            self._delivered.clear()
        else:
            super().restore_unacked(client)  # type: ignore[no-untyped-call]

    @property
    def _is_given_up(self) -> bool:
        """Whether Celery has left the connection for lost: what was held comes back by itself, as doorbells do.

        It closes the connection once more, and lets go of messages whose tasks end after that. kombu has no address
        to ask by then, and Celery ends a worker by the error that comes of it.
        """
        return self.channel.connection is None or self.channel.connection.client is None

    @contextmanager
    def _letting_go(self, delivery_tag: str) -> Iterator[None]:
        try:
            yield
        finally:
            # Celery only logs that Redis did not answer: the thread is free all the same, the message comes back.
            self._dirty.add(delivery_tag)
        self.channel.ask_anew()


class ReservingChannel(KeepingChannel):
    """A channel that asks for bulk while there is room for it; a worker without other queues always does."""

    QoS = ReservingQoS
    from_transport_options = (*redis.Channel.from_transport_options, "reserved_threads")  # type: ignore[assignment]
    reserved_threads = 0

    _asked: frozenset[str] = frozenset()
    """The queues that the last BRPOP names."""
    _identified: Any = None
    """The socket whose number is known."""
    _client_id = 0
    _may_unblock = True

    def ask_anew(self) -> None:
        """End the BRPOP that waits if it leaves out a queue that may be asked for by now."""
        if self._in_poll and self._may_unblock and not self._asked.issuperset(self._open_queues()):
            self._unblock()

    def _brpop_start(self, timeout: float | None = None) -> None:
        self._identify()
        queues = self._open_queues()
        self._asked = frozenset(queues)
        self._queue_cycle.update(queues)
        super()._brpop_start(timeout)  # type: ignore[no-untyped-call]

    def _open_queues(self) -> list[str]:
        queues: list[str] = self.active_queues
        others = [queue for queue in queues if queue not in BULK_QUEUES]
        return others if others and self.qos.is_full_of_bulk else queues

    def _identify(self) -> None:
        """Learn the number by which Redis knows the connection, each time it is made anew."""
        connection = self.client.connection
        if connection._sock is not self._identified:
            connection.send_command("CLIENT ID")
            self._client_id = connection.read_response()
            self._identified = connection._sock

    def _unblock(self) -> None:
        """Redis either has a message for the BRPOP already or answers it as if its time was over: none gets lost."""
        try:
            with self.conn_or_acquire() as client:
                any(client.client_unblock(self._client_id) for _ in range(_TRIES))
        except ResponseError as error:
            self._may_unblock = False
            _log.warning("unblock_refused", reason=str(error), consequence="bulk waits up to a second longer")


class ReservingTransport(redis.Transport):
    """For workers."""

    Channel = ReservingChannel
