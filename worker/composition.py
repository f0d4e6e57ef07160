"""Puts a worker's parts together from the settings."""

from shared.catalog import CARDS, UPSCALERS, ModelCard
from shared.jobs.redis_store import RedisJobStore, StoreTimes, connect
from shared.limits import picture_limits
from shared.queue.celery_queue import CeleryJobQueue, producer_app
from shared.settings import Settings
from shared.storage.opening import open_store
from worker.deps import Deps
from worker.io.artefacts import Artefacts
from worker.io.weights import Weights, WeightsFile
from worker.models import Models
from worker.segmentation.loading import load_segmenter
from worker.segmentation.segmenter import Segmenter
from worker.upscaling.realesrgan import Upscaler


def open_deps(settings: Settings) -> Deps:
    """The real ports and empty model shelves; nothing connects or loads before it is used."""
    objects = open_store(settings)
    weights = Weights(settings.model_cache, settings.model_dir)

    def segmenter(card: ModelCard, file: WeightsFile) -> Segmenter:
        return load_segmenter(card, file.path)

    def upscaler(card: ModelCard, file: WeightsFile) -> Upscaler:
        return Upscaler.load(card, file.path, device=settings.device, tile_side_px=settings.upscale_tile_px)

    return Deps(
        settings=settings,
        jobs=RedisJobStore(connect(settings.redis_url), StoreTimes.of(settings)),
        objects=objects,
        queue=CeleryJobQueue(producer_app(settings.broker_url)),
        artefacts=Artefacts(objects, picture_limits(settings), settings.artefact_cache_megabytes * 1_000_000),
        segmenters=Models(CARDS, settings.device, weights, segmenter),
        upscalers=Models(UPSCALERS, settings.device, weights, upscaler),
    )
