"""What the stages work with, made once per process."""

from dataclasses import dataclass

from shared.fleet.port import Fleet
from shared.jobs.store import JobStore
from shared.mattes.index import MatteIndex
from shared.queue.port import JobQueue
from shared.settings import Settings
from shared.storage.port import ObjectStore
from worker.io.artefacts import Artefacts
from worker.matting.fba import FbaMatting
from worker.matting.finishing import Finishing
from worker.models import Models
from worker.segmentation.segmenter import Segmenter
from worker.upscaling.realesrgan import Upscaler


@dataclass(frozen=True, slots=True)
class Deps:
    """Ports and loaded models."""

    settings: Settings
    jobs: JobStore
    objects: ObjectStore
    queue: JobQueue
    mattes: MatteIndex
    fleet: Fleet
    artefacts: Artefacts
    segmenters: Models[Segmenter]
    matting: Models[FbaMatting]
    finishing: Finishing
    upscalers: Models[Upscaler]
