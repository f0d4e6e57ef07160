"""Rings by Celery task name, so that who rings needs nothing of the worker's code."""

import time

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from shared.jobs.job import Ring
from shared.queue.names import RUNG_AT, queue_of, task_name
from shared.queue.redis_transport import KeepingTransport

_log = structlog.get_logger(__name__)

# A publisher that gives up within a second: with Celery's defaults a frozen Redis hangs it for ever.
_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}


def producer_app(broker_url: str) -> Celery:
    """A Celery app that only publishes."""
    app = Celery("cutroom", broker=broker_url)
    app.conf.update(
        result_backend=None,
        task_ignore_result=True,
        task_serializer="json",
        task_create_missing_queues=True,
        broker_transport_options={"socket_timeout": 2, "socket_connect_timeout": 1},
    )
    if broker_url.startswith("redis://"):
        app.conf.broker_transport = KeepingTransport
    return app


class CeleryJobQueue:
    """JobQueue over Celery on Redis."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def ring(self, ring: Ring) -> bool:
        step = ring.step
        kwargs = {"job_id": step.job_id, "step": step.name}
        try:
            self._app.send_task(
                task_name(step.stage),
                kwargs=kwargs,
                # What Flower shows; Celery's own way of writing it down guards against far stranger values.
                argsrepr="()",
                kwargsrepr=repr(kwargs),
                queue=queue_of(step.stage, ring.priority),
                # To Redis a queue is a list, which is there once something was pushed to it.
                declare=(),
                headers={RUNG_AT: time.time()},
                retry=True,
                retry_policy=_RETRY_POLICY,
            )
        except (OperationalError, OSError) as error:
            _log.warning("ring_lost", job_id=step.job_id, step=step.name, reason=str(error))
            return False
        return True
