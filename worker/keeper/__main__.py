"""`python -m worker.keeper`: does the keeper's duties until SIGTERM or SIGINT; with `--dry-run` it only says what it
would delete now.
"""

import argparse
from threading import Event

import structlog

from shared.errors import StoreUnavailable
from shared.jobs.passes import KEEPER, RedisPasses
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.logs import set_up_logs
from shared.queue.celery_queue import CeleryJobQueue, producer_app
from shared.records import connect
from shared.settings import Settings, load_settings
from shared.storage.opening import open_store
from shared.storage.redis_owners import RedisOwners
from shared.uploads.redis_store import RedisUploadStore
from shared.uploads.sweep import sweep_uploads
from worker.keeper.dry_run import dry_run
from worker.keeper.duty import Duty, perform
from worker.keeper.orphans import Orphans, safe_age
from worker.keeper.retention import delete_expired
from worker.keeper.sweep import PAGE, sweep
from worker.process.heartbeat_file import keep_touching
from worker.process.stopping import stop_event

_log = structlog.get_logger(__name__)

_TIDY_SECONDS = 10.0
"""How often the keeper looks for what has expired."""
_ORPHANS_SECONDS = 3600.0
"""How long it rests after it has looked at everything in storage."""


def duties(settings: Settings) -> tuple[Duty, ...]:
    """What there is to do, over the real ports."""
    redis, times = connect(settings.redis_url), StoreTimes.of(settings)
    jobs, archive = RedisJobStore(redis, times), RedisJobArchive(redis, times)
    queue = CeleryJobQueue(producer_app(settings.broker_url))
    objects, uploads = open_store(settings), RedisUploadStore(redis)
    orphans = Orphans(objects, RedisOwners(redis), safe_age(settings))
    return (
        Duty("ring", settings.sweep_seconds, lambda: sweep(jobs, queue) == PAGE),
        Duty("expire", settings.sweep_seconds, lambda: jobs.expire_late(PAGE) == PAGE),
        Duty("delete-jobs", _TIDY_SECONDS, lambda: delete_expired(archive, objects)),
        Duty("delete-uploads", _TIDY_SECONDS, lambda: sweep_uploads(uploads, objects) > 0),
        Duty("delete-orphans", _ORPHANS_SECONDS, orphans.sweep),
    )


def run(settings: Settings, stopped: Event) -> None:
    """Do them until told to stop."""
    passes = RedisPasses(connect(settings.redis_url), KEEPER)

    def report(duty: str) -> None:
        try:
            passes.report(duty)
        except StoreUnavailable:
            _log.warning("pass_not_reported", duty=duty)

    perform(duties(settings), stopped, report)


def main() -> None:
    """Run with the environment's settings."""
    parser = argparse.ArgumentParser(prog="python -m worker.keeper")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted now")
    asked = parser.parse_args()
    settings = load_settings()
    set_up_logs(settings)
    if asked.dry_run:
        dry_run(settings)
        return
    stopped = stop_event()
    _log.info("keeper_started", every_seconds=settings.sweep_seconds)
    keep_touching(settings, stopped)
    run(settings, stopped)


if __name__ == "__main__":
    main()
