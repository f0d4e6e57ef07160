"""The web server that plays hub, release pages and mirror; and a worker's stages run in this process."""

import hashlib
import io

import fakeredis
import numpy as np
import pytest
from PIL import Image

from shared.catalog import UPSCALERS
from shared.fleet.redis_fleet import RedisFleet
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import InputFacts
from shared.limits import picture_limits
from shared.mattes.redis_index import RedisMatteIndex
from shared.queue.memory_queue import MemoryJobQueue
from shared.settings import Settings
from shared.spec.job import JobSpec
from shared.storage.memory import MemoryObjectStore
from tests.worker.zoo.web import serving
from worker.deps import Deps
from worker.io.artefacts import Artefacts
from worker.matting.fba import FbaMatting
from worker.matting.finishing import OnCpu
from worker.models import Models
from worker.segmentation.loading import load_segmenter
from worker.tasks import ingest, render, segment
from worker.tasks.lease import Heartbeat
from worker.tasks.stage import run_stage

WORK = {"ingest": ingest.run, "segment": segment.run, "render": render.run}


@pytest.fixture(scope="module")
def web():
    with serving() as web:
        yield web


@pytest.fixture
def run_job(tmp_path):
    """Cut a photo (H, W, 3) out with the model of a card; returns the job and its alpha, None where it failed."""
    # The large networks are converted within the stage, which on a busy machine takes longer than its deadline.
    settings = Settings(
        data_dir=tmp_path, retry_delay_seconds=0, model_cache=tmp_path, stage_deadline_seconds=3600
    )
    objects, redis = MemoryObjectStore(), fakeredis.FakeRedis(decode_responses=True)
    times = StoreTimes(lease_seconds=60, redeliver_seconds=60, retry_delay_seconds=0, max_attempts=1)
    jobs, queue, heartbeat = RedisJobStore(redis, times), MemoryJobQueue(), Heartbeat(60)

    def deps(card, weights, load, matting):
        return Deps(
            settings=settings,
            jobs=jobs,
            objects=objects,
            queue=queue,
            mattes=RedisMatteIndex(redis),
            fleet=RedisFleet(redis, 15),
            artefacts=Artefacts(objects, picture_limits(settings), 10_000_000),
            segmenters=Models({card.name: card}, "cpu", weights, lambda card, file: load(card, file.path)),
            matting=Models(matting, "cpu", weights, load_matting),
            finishing=OnCpu(),
            upscalers=Models(UPSCALERS, "cpu", weights, None),
        )

    def run_job(card, weights, photo, job_id="job_1", load=load_segmenter, matting=None):
        refinement = {"method": "fba" if matting else "none"}
        spec = {"model": card.name, "refine": refinement, "output": {"on_empty": "transparent"}}
        facts = _stored(objects, photo, job_id)
        rings = list(jobs.create(job_id, "local", JobSpec.model_validate(spec), facts, "req_1").rings)
        ours = deps(card, weights, load, {matting.name: matting} if matting else {})
        while rings:
            step = rings.pop(0).step
            rings += run_stage(step, WORK[step.stage], ours, heartbeat)
        job = jobs.get(job_id)
        return job, _alpha(objects, job)

    yield run_job
    heartbeat.stop()
    redis.close()


def load_matting(card, file):
    return FbaMatting.load(card, file.path, device="cpu")


def _stored(objects, photo, job_id):
    """Put the photo where an upload lies."""
    buffer, key = io.BytesIO(), f"t/local/{job_id}/input"
    Image.fromarray(photo).save(buffer, "PNG")
    data = buffer.getvalue()
    objects.put(key, io.BytesIO(data), content_type="image/png")
    return InputFacts(
        key=key,
        width=photo.shape[1],
        height=photo.shape[0],
        bytes=len(data),
        content_type="image/png",
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _alpha(objects, job):
    if not job.outputs:
        return None
    with Image.open(io.BytesIO(objects.open(job.outputs[0].key).read())) as image:
        return np.asarray(image)[..., 3]
