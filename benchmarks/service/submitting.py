"""Hands in jobs without the API: the record and its doorbell, as a POST leaves them."""

import io
import itertools
import secrets

from benchmarks.service.installation import Installation
from shared.jobs.job import Job
from shared.jobs.redis_store import RedisJobStore, StoreTimes
from shared.jobs.results import InputFacts
from shared.limits import picture_limits
from shared.picture import inspect
from shared.queue.celery_queue import CeleryJobQueue, producer_app
from shared.records import connect
from shared.settings import Settings
from shared.spec.job import JobSpec, Priority
from shared.storage.opening import open_store

_TENANT = "local"


class Submitter:
    """Of one installation."""

    def __init__(self, here: Installation) -> None:
        self._settings = Settings(data_dir=here.folder, redis_url=here.redis_url, broker_url=here.broker_url)
        self._redis = connect(here.redis_url)
        self._jobs = RedisJobStore(self._redis, StoreTimes.of(self._settings))
        self._queue = CeleryJobQueue(producer_app(here.broker_url))
        self._objects = open_store(self._settings)
        self._serial = itertools.count()

    def kept(self, photo: bytes) -> InputFacts:
        """A photo in storage, for as many jobs as like."""
        key = f"t/{_TENANT}/job_bench{next(self._serial)}/input"
        facts = inspect(io.BytesIO(photo), picture_limits(self._settings))
        self._objects.put(key, io.BytesIO(photo), content_type=facts.content_type)
        return InputFacts(
            key=key, width=facts.width, height=facts.height, bytes=len(photo),
            content_type=facts.content_type, sha256="",
        )  # fmt: skip

    def submit(self, photo: InputFacts, priority: Priority = Priority.INTERACTIVE) -> str:
        """A job of its own: nobody finds the matte of another. Its id."""
        job_id = f"job_{secrets.token_hex(12)}"
        picture = photo.model_copy(update={"sha256": secrets.token_hex(32)})
        made = self._jobs.create(job_id, _TENANT, JobSpec(priority=priority), picture, "bench")
        for ring in made.rings:
            self._queue.ring(ring)
        return job_id

    def job(self, job_id: str) -> Job:
        """Its record."""
        return self._jobs.get(job_id)

    def finished(self) -> int:
        """Jobs that have succeeded, by the installation's own metrics."""
        counted = self._redis.hgetall("metrics")
        return sum(
            int(value) for name, value in counted.items() if name.startswith("jobs_finished|succeeded|")
        )
