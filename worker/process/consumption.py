"""Whether a worker that has messages to take takes any: one that lives and does nothing is worse than a dead one."""

import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any, cast

import structlog
from celery import signals
from celery.concurrency.thread import TaskPool
from redis import Redis
from redis.exceptions import RedisError

from shared.records import connect
from worker.process import watchdog

_log = structlog.get_logger(__name__)

IDLE_SECONDS = 300.0
"""A worker that nothing keeps from its messages takes one within a second; a lost connection, within a minute."""
_LOOKS = 30
"""How often it looks in that time."""


class Consumption:
    """Notes what this process begins and ends. Thread-safe.

    While anything is at work it says nothing, however long that takes: whether a stage stands still is the lease's
    to judge. `waiting` is asked how many messages wait; None when that cannot be known.
    """

    def __init__(self, waiting: Callable[[], int | None], idle_seconds: float = IDLE_SECONDS) -> None:
        self._waiting = waiting
        self._idle_seconds = idle_seconds
        self._lock = Lock()
        self._at_work = 0
        self._since = time.monotonic()
        """Since then messages have waited while nothing was at work, as far as is known."""

    def began(self) -> None:
        """A message was taken."""
        with self._lock:
            self._at_work += 1
            self._since = time.monotonic()

    def ended(self) -> None:
        """What was taken is done."""
        with self._lock:
            self._at_work -= 1
            self._since = time.monotonic()

    def look(self) -> None:
        """Ends the process when messages have waited for too long."""
        waiting = self._waiting()
        with self._lock:
            if self._at_work or not waiting:
                self._since = time.monotonic()
            idle_seconds = time.monotonic() - self._since
        if waiting and idle_seconds > self._idle_seconds:
            watchdog.end_process(
                "messages wait and none is taken", waiting=waiting, idle_seconds=idle_seconds
            )

    def watch(self, stopped: Event) -> None:
        """Look again and again until told to stop."""
        while not stopped.wait(self._idle_seconds / _LOOKS):
            self.look()


def watch_consumption(broker_url: str, idle_seconds: float = IDLE_SECONDS) -> None:
    """Watch the Celery worker of this process from when it is ready until it is told to stop."""
    stopped = Event()

    def ready(sender: Any, **_: object) -> None:
        if not isinstance(sender.pool, TaskPool):
            return  # with prefork, stages begin and end in other processes, out of sight
        queues = tuple(sender.app.amqp.queues.consume_from)
        broker = connect(broker_url)
        consumption = Consumption(lambda: messages(broker, queues), idle_seconds)
        signals.task_prerun.connect(lambda **_: consumption.began(), weak=False)
        signals.task_postrun.connect(lambda **_: consumption.ended(), weak=False)
        Thread(target=consumption.watch, args=(stopped,), name="consumption", daemon=True).start()

    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(lambda **_: stopped.set(), weak=False)


def messages(broker: Redis, queues: tuple[str, ...]) -> int | None:
    """How many wait in these queues; None while the broker does not answer."""
    pipeline = broker.pipeline(transaction=False)
    for queue in queues:
        pipeline.llen(queue)
    try:
        return sum(cast(list[int], pipeline.execute()))
    except RedisError:
        _log.warning("messages_not_counted")
        return None
