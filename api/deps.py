"""What the API works with, handed in whole: no route opens a connection of its own."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from shared.batches.lines import StoredLines
from shared.batches.redis_store import RedisBatchStore
from shared.batches.store import BatchStore
from shared.events.deliveries import DeliveryStore
from shared.events.endpoints import EndpointStore
from shared.events.redis_deliveries import RedisDeliveryStore
from shared.events.redis_endpoints import RedisEndpointStore
from shared.fleet.port import Fleet
from shared.fleet.redis_fleet import RedisFleet
from shared.idempotency.port import IdempotencyStore
from shared.idempotency.redis_store import RedisIdempotencyStore
from shared.jobs.archive import JobArchive
from shared.jobs.redis_archive import RedisJobArchive
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.store import JobStore
from shared.mattes.index import MatteIndex
from shared.mattes.redis_index import RedisMatteIndex
from shared.metrics import Figures
from shared.queue.celery_queue import CeleryJobQueue, producer_app
from shared.queue.port import JobQueue
from shared.records import connect
from shared.settings import Settings
from shared.storage.opening import open_store
from shared.storage.port import ObjectStore
from shared.tenants.redis_store import RedisTenantStore
from shared.tenants.store import TenantStore
from shared.uploads.redis_store import RedisUploadStore
from shared.uploads.store import UploadStore

EXTENSION = "cutroom"


@dataclass(frozen=True, slots=True)
class Deps:
    """The ports that routes use."""

    settings: Settings
    jobs: JobStore
    objects: ObjectStore
    queue: JobQueue
    fleet: Fleet
    archive: JobArchive
    tenants: TenantStore
    answers: IdempotencyStore
    uploads: UploadStore
    mattes: MatteIndex
    batches: BatchStore
    lines: StoredLines
    endpoints: EndpointStore
    deliveries: DeliveryStore
    figures: Figures


def open_deps(settings: Settings) -> Deps:
    """The real ones: Redis, Celery and the storage that the settings name. Connects on first use."""
    redis = connect(settings.redis_url)
    times, objects = StoreTimes.of(settings), open_store(settings)
    return Deps(
        settings=settings,
        jobs=RedisJobStore(redis, times),
        objects=objects,
        queue=CeleryJobQueue(producer_app(settings.broker_url)),
        # The API only reads presence, so how long an announcement lives is the workers' business.
        fleet=RedisFleet(redis, settings.heartbeat_seconds),
        archive=RedisJobArchive(redis, times),
        tenants=RedisTenantStore(redis),
        answers=RedisIdempotencyStore(redis, settings.idempotency_seconds),
        uploads=RedisUploadStore(redis),
        mattes=RedisMatteIndex(redis),
        batches=RedisBatchStore(redis, settings.retention_seconds),
        lines=StoredLines(objects, kept_objects=4),
        endpoints=RedisEndpointStore(redis),
        deliveries=RedisDeliveryStore(redis),
        figures=Figures(redis, connect(settings.broker_url)),
    )


def current_deps() -> Deps:
    """The ports of the application that handles this request."""
    return cast(Deps, current_app.extensions[EXTENSION])
