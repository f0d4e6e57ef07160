"""Puts a worker's parts together from the settings."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from shared.catalog import CARDS, INT8, MATTING, PARTNERS, UPSCALERS, ModelCard
from shared.fleet.redis_fleet import RedisFleet
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.licensing import offered
from shared.limits import picture_limits
from shared.mattes.redis_index import RedisMatteIndex
from shared.queue.celery_queue import CeleryJobQueue, producer_app
from shared.records import connect
from shared.settings import Settings
from shared.storage.opening import open_store
from worker.deps import Deps
from worker.io.artefacts import Artefacts
from worker.io.mirror import open_mirror
from worker.io.weights import Weights, WeightsFile
from worker.matting.fba import FbaMatting
from worker.matting.finishing import OnCpu, OnCuda
from worker.models import Loaded, Models
from worker.pool import Pool
from worker.segmentation.loading import load_segmenter
from worker.segmentation.segmenter import Segmenter
from worker.upscaling.realesrgan import Upscaler

M = TypeVar("M")


def open_weights(settings: Settings) -> Weights:
    """The folder of weights, and where it is filled from."""
    return Weights(
        settings.model_cache,
        settings.model_dir,
        mirror=open_mirror(settings),
        hub_url=settings.hub_url,
    )


def open_deps(settings: Settings) -> Deps:
    """The real ports and empty model shelves; nothing connects or loads before it is used."""
    redis, objects = connect(settings.redis_url), open_store(settings)
    weights = open_weights(settings)
    pool = Pool[Loaded[Any]](settings.model_memory_megabytes, settings.parked_memory_megabytes)

    def segmenter(card: ModelCard, file: WeightsFile) -> Segmenter:
        return load_segmenter(
            card,
            file.path,
            device=settings.device,
            passes=settings.cuda_passes,
            max_batch=min(settings.max_batch, settings.worker_concurrency),
        )

    def matting(card: ModelCard, file: WeightsFile) -> FbaMatting:
        return FbaMatting.load(card, file.path, device=settings.device, passes=settings.cuda_passes)

    def upscaler(card: ModelCard, file: WeightsFile) -> Upscaler:
        return Upscaler.load(
            card,
            file.path,
            device=settings.device,
            tile_side_px=settings.upscale_tile_px,
            passes=settings.cuda_passes,
            max_batch=settings.max_batch,
            partner=(lambda: weights.get(PARTNERS[card.partner]).path) if card.partner else None,
        )

    def models(cards: Mapping[str, ModelCard], load: Callable[[ModelCard, WeightsFile], M]) -> Models[M]:
        return Models(offered(cards, settings), settings.device, weights, load, pool)

    return Deps(
        settings=settings,
        jobs=RedisJobStore(redis, StoreTimes.of(settings)),
        objects=objects,
        queue=CeleryJobQueue(producer_app(settings.broker_url)),
        mattes=RedisMatteIndex(redis),
        fleet=RedisFleet(redis, 3 * settings.heartbeat_seconds),
        artefacts=Artefacts(objects, picture_limits(settings), settings.artefact_cache_megabytes * 1_000_000),
        segmenters=models(CARDS | INT8, segmenter),
        matting=models(MATTING, matting),
        finishing=OnCuda() if settings.device == "cuda" else OnCpu(),
        upscalers=models(UPSCALERS, upscaler),
    )
