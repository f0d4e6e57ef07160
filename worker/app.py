"""The worker's Celery app: its queues, its tasks, its signs of life."""

from threading import Thread
from typing import Any

from celery import Celery, signals
from kombu.entity import Queue

from shared import plugins
from shared.jobs.job import Step
from shared.queue.names import QUEUES, task_name
from shared.settings import Settings
from shared.spec.job import Stage
from worker.deps import Deps
from worker.presence import Presence
from worker.reserving import ReservingTransport
from worker.tasks.chain import Chain
from worker.tasks.lease import Heartbeat
from worker.tasks.reuse import ReusingMattes
from worker.tasks.stage import Work


def create_app(settings: Settings, deps: Deps) -> Celery:
    """A Celery app that serves every stage with these parts."""
    app = Celery("cutroom", broker=settings.broker_url)
    app.conf.update(_configuration(settings))
    if settings.broker_url.startswith(("redis://", "rediss://")):
        app.conf.broker_transport = ReservingTransport
    works = {stage: _work(stage) for stage in Stage}
    chain = Chain(works, deps, Heartbeat(settings.heartbeat_seconds))
    for stage in Stage:
        _serve(app, stage, chain)
    _announce(Presence(deps), deps, chain)
    return app


def _configuration(settings: Settings) -> dict[str, Any]:
    """Each line was measured: docs/reliability.md."""
    return {
        "result_backend": None,
        "task_ignore_result": True,
        "task_track_started": False,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_queues": [Queue(name) for name in QUEUES],  # type: ignore[no-untyped-call]
        "task_create_missing_queues": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "worker_hijack_root_logger": False,
        "worker_pool": "threads",
        "worker_concurrency": settings.worker_concurrency,
        "broker_transport_options": {
            "reserved_threads": settings.reserved_threads,  # for ReservingTransport
            "visibility_timeout": 300,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            # A worker that died while it restored others' messages holds them up for so long; the default is 300.
            "unacked_mutex_expire": 30,
            "queue_order_strategy": "priority",
            "socket_timeout": 10,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
    }


def _work(stage: Stage) -> Work:
    work: Work = plugins.load("worker.tasks", stage).run
    return ReusingMattes(work) if stage is Stage.SEGMENT else work


def _serve(app: Celery, stage: Stage, chain: Chain) -> None:
    def task(job_id: str, step: str) -> None:
        chain.run(Step.parse(job_id, step))

    app.task(task, name=task_name(stage))


def _announce(presence: Presence, deps: Deps, chain: Chain) -> None:
    """Tell the fleet while the worker consumes, and load what the first job will most likely ask for."""

    def ready(sender: Any, **_: object) -> None:
        queues = tuple(sender.app.amqp.queues.consume_from)
        chain.serve(queues)
        presence.start(queues)
        Thread(target=deps.segmenters.warm_up, name="warm-up", daemon=True).start()

    def stopping(**_: object) -> None:
        chain.serve(())
        presence.stop()

    # A receiver here is Celery's sign to leave logging alone; shared.logs has set it up.
    signals.setup_logging.connect(_keep_logging, weak=False)
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(stopping, weak=False)


def _keep_logging(**_: object) -> None:
    """Change nothing."""
