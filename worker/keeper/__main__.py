"""`python -m worker.keeper`: sweeps until SIGTERM or SIGINT."""

import signal
from threading import Event

import structlog

from shared.errors import StoreUnavailable
from shared.jobs.redis_store import RedisJobStore, StoreTimes, connect
from shared.logs import set_up_logs
from shared.queue.celery_queue import CeleryJobQueue, producer_app
from shared.settings import Settings, load_settings
from worker.keeper.sweep import sweep

_log = structlog.get_logger(__name__)


def run(settings: Settings, stopped: Event) -> None:
    """Sweep every `sweep_seconds` until told to stop; an outage is waited out."""
    jobs = RedisJobStore(connect(settings.redis_url), StoreTimes.of(settings))
    queue = CeleryJobQueue(producer_app(settings.broker_url))
    while not stopped.wait(settings.sweep_seconds):
        try:
            sweep(jobs, queue)
        except StoreUnavailable:
            _log.warning("sweep_postponed")


def main() -> None:
    """Run with the environment's settings."""
    settings = load_settings()
    set_up_logs(settings)
    stopped = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    _log.info("keeper_started", every_seconds=settings.sweep_seconds)
    run(settings, stopped)


if __name__ == "__main__":
    main()
