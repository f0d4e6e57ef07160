"""A queue that is its own worker: what it is rung for is done before it returns."""

import hashlib
import io

from shared.jobs.job import Claim, JobError, Ring
from shared.jobs.redis_store import RedisJobStore
from shared.jobs.results import (
    Ingested,
    InputFacts,
    ModelUsed,
    OutputFile,
    Quality,
    Rendered,
    Result,
    Segmented,
    Upscaled,
)
from shared.spec.job import Stage
from shared.storage.memory import MemoryObjectStore

MODEL = ModelUsed(name="imgly-medium", weights_sha256="aa", license="MIT", commercial_use=True)
PICTURE = InputFacts(key="k", width=4, height=3, bytes=9, content_type="image/png", sha256="ab")
RESULT = b"\x89PNG result"


class WorkingQueue:
    """JobQueue that does the work."""

    def __init__(self, jobs: RedisJobStore) -> None:
        self._jobs = jobs
        self.objects = MemoryObjectStore()
        """Where results go."""
        self.error: JobError | None = None
        """Set it, and every job fails with it."""
        self.flags: tuple[str, ...] = ()
        """Of the quality of every job."""

    def ring(self, ring: Ring) -> bool:
        claim = self._jobs.claim(ring.step)
        assert isinstance(claim, Claim)
        if self.error:
            self._jobs.fail(claim, self.error)
            return True
        for following in self._jobs.commit(claim, self._result(claim), 12) or ():
            self.ring(following)
        return True

    def _result(self, claim: Claim) -> Result:
        quality = Quality(coverage=0.3, confidence=0.9, flags=self.flags)
        return {
            Stage.INGEST: lambda: Ingested(input=PICTURE),
            Stage.SEGMENT: lambda: Segmented(matte_key="k", model=MODEL, quality=quality),
            Stage.UPSCALE: lambda: Upscaled(cutout_key="k", model=MODEL),
            Stage.RENDER: lambda: Rendered(outputs=self._outputs(claim)),
        }[claim.step.stage]()

    def _outputs(self, claim: Claim) -> tuple[OutputFile, ...]:
        names = ["image"] + ["matte"] * claim.job.spec.output.include_matte
        return tuple(self._output(claim.job.id, name) for name in names)

    def _output(self, job_id: str, name: str) -> OutputFile:
        key = f"t/local/{job_id}/{name}-0123456789abcdef.png"
        self.objects.put(key, io.BytesIO(RESULT), content_type="image/png")
        sha256 = hashlib.sha256(RESULT).hexdigest()
        return OutputFile(
            name=name, model=MODEL.name, key=key, content_type="image/png", width=4, height=3, bytes=len(RESULT),
            sha256=sha256,
        )  # fmt: skip
