"""`python -m worker.webhooks`: delivers until SIGTERM or SIGINT."""

import structlog

from shared.batches.redis_store import RedisBatchStore
from shared.events.redis_deliveries import RedisDeliveryStore
from shared.events.redis_endpoints import RedisEndpointStore
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.limits import url_rules
from shared.logs import set_up_logs
from shared.records import connect
from shared.settings import Settings, load_settings
from shared.storage.opening import open_store
from worker.process.heartbeat_file import keep_touching
from worker.process.stopping import stop_event
from worker.webhooks.dispatch import Courier, Dispatcher
from worker.webhooks.payload import Payloads

_log = structlog.get_logger(__name__)


def open_dispatcher(settings: Settings) -> Dispatcher:
    """A dispatcher over the real ports."""
    redis = connect(settings.redis_url)
    endpoints = RedisEndpointStore(redis)
    payloads = Payloads(
        settings=settings,
        jobs=RedisJobStore(redis, StoreTimes.of(settings)),
        batches=RedisBatchStore(redis, settings.retention_seconds),
        endpoints=endpoints,
        objects=open_store(settings),
    )
    courier = Courier(
        deliveries=RedisDeliveryStore(redis),
        endpoints=endpoints,
        payloads=payloads,
        rules=url_rules(settings),
        seconds=settings.webhook_seconds,
    )
    return Dispatcher(courier, settings.webhook_threads)


def main() -> None:
    """Run with the environment's settings."""
    settings = load_settings()
    set_up_logs(settings)
    _log.info("webhooks_started", threads=settings.webhook_threads)
    stopped = stop_event()
    keep_touching(settings, stopped)
    open_dispatcher(settings).run(stopped)


if __name__ == "__main__":
    main()
