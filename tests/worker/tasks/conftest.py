"""Worker parts without processes: fakeredis, memory storage, a network that needs no weights."""

import io

import numpy as np
import pytest
from PIL import Image

from shared.catalog import CARDS, MATTING, UPSCALERS
from shared.fleet.redis_fleet import RedisFleet
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import InputFacts
from shared.limits import picture_limits
from shared.mattes.redis_index import RedisMatteIndex
from shared.queue.memory_queue import MemoryJobQueue
from shared.settings import Settings
from shared.spec.job import JobSpec
from shared.storage.memory import MemoryObjectStore
from tests.no_weights import NoWeights
from worker.deps import Deps
from worker.io.artefacts import Artefacts
from worker.matting.finishing import OnCpu
from worker.models import Models
from worker.segmentation.segmenter import Segmenter


class BrightIsSubject:
    """Family and network in one."""

    def prepare_graph(self, graph):
        return graph

    def prepare(self, rgb, card):
        return rgb

    def infer(self, batch):
        return (batch.max(axis=2) > 128).astype(np.float32)

    def read(self, output, card):
        return output


def stand_in(card, file):
    return Segmenter(card, BrightIsSubject(), BrightIsSubject())


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, retry_delay_seconds=0, model_cache=tmp_path)


@pytest.fixture
def store(redis):
    times = StoreTimes(
        lease_seconds=5,
        redeliver_seconds=5,
        retry_delay_seconds=0,
        max_attempts=3,
    )
    return RedisJobStore(redis, times)


@pytest.fixture
def deps(settings, redis, store):
    objects = MemoryObjectStore()
    weights = NoWeights(settings.model_cache, None)
    return Deps(
        settings=settings,
        jobs=store,
        objects=objects,
        queue=MemoryJobQueue(),
        mattes=RedisMatteIndex(redis),
        fleet=RedisFleet(redis, 15),
        artefacts=Artefacts(objects, picture_limits(settings), 10_000_000),
        segmenters=Models(CARDS, "cpu", weights, stand_in),
        matting=Models(MATTING, "cpu", weights, None),
        finishing=OnCpu(),
        upscalers=Models(UPSCALERS, "cpu", weights, None),
    )


@pytest.fixture
def submit_all(deps):
    """Record a job for a picture given as an array (H, W, 3 or 4); returns its first rings."""

    def submit_all(pixels, **spec):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        key = "t/local/job_1/input"
        deps.objects.put(key, io.BytesIO(buffer.getvalue()), content_type="image/png")
        facts = InputFacts(
            key=key,
            width=pixels.shape[1],
            height=pixels.shape[0],
            bytes=buffer.tell(),
            content_type="image/png",
            sha256="0" * 64,
        )
        return deps.jobs.create("job_1", "local", JobSpec.model_validate(spec), facts, "req_1").rings

    return submit_all


@pytest.fixture
def submit(submit_all):
    """The same for a job whose first stage is one piece; returns its ring."""

    def submit(pixels, **spec):
        [ring] = submit_all(pixels, **spec)
        return ring

    return submit


@pytest.fixture
def disc():
    """A bright disc on a dark ground, (60, 80, 3)."""
    y, x = np.mgrid[:60, :80]
    inside = (x - 40) ** 2 + (y - 30) ** 2 < 20**2
    return np.where(inside[..., None], (250, 220, 40), (20, 30, 60)).astype(np.uint8)
