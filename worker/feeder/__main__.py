"""`python -m worker.feeder`: feeds until SIGTERM or SIGINT."""

import time
from threading import Event

import structlog

from shared.batches.lines import StoredLines
from shared.batches.redis_store import RedisBatchStore
from shared.errors import TransientError
from shared.jobs.passes import FEEDER, RedisPasses
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.logs import set_up_logs
from shared.queue.celery_queue import CeleryJobQueue, producer_app
from shared.records import connect
from shared.settings import Settings, load_settings
from shared.storage.opening import open_store
from worker.feeder.feed import Feeder
from worker.process.heartbeat_file import keep_touching
from worker.process.stopping import stop_event

_log = structlog.get_logger(__name__)


def open_feeder(settings: Settings) -> Feeder:
    """A feeder over the real ports."""
    redis = connect(settings.redis_url)
    return Feeder(
        batches=RedisBatchStore(redis, settings.retention_seconds),
        lines=StoredLines(open_store(settings)),
        jobs=RedisJobStore(redis, StoreTimes.of(settings)),
        queue=CeleryJobQueue(producer_app(settings.broker_url)),
        window=settings.batch_window,
    )


def run(feeder: Feeder, passes: RedisPasses, settings: Settings, stopped: Event) -> None:
    """Feed every `feed_seconds`, tidy every `sweep_seconds`, until told to stop; an outage is waited out."""
    tidy_at = 0.0
    while not stopped.wait(settings.feed_seconds):
        try:
            feeder.feed()
            if time.monotonic() >= tidy_at:
                passes.report("feed")
                feeder.tidy()
                tidy_at = time.monotonic() + settings.sweep_seconds
        except TransientError as error:
            _log.warning("feeding_postponed", code=error.code)


def main() -> None:
    """Run with the environment's settings."""
    settings = load_settings()
    set_up_logs(settings)
    _log.info("feeder_started", window=settings.batch_window)
    stopped = stop_event()
    keep_touching(settings, stopped)
    run(open_feeder(settings), RedisPasses(connect(settings.redis_url), FEEDER), settings, stopped)


if __name__ == "__main__":
    main()
