"""Job, its states, and the claim a worker holds on one of its steps."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

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
from shared.spec.job import JobSpec, Priority, Stage

VARIANT_FAILED = "variant_failed"
"""Flag of a job that lacks a variant's outputs; `Job.failures` says why."""


MODEL_FAILED = "model_failed"
"""Flag of a comparison that lacks a model's outputs; `Job.failures` says why."""


class Status(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (Status.QUEUED, Status.RUNNING)


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed."""

    code: str
    title: str
    detail: str
    stage: str | None
    retryable: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A job as recorded. Times are Unix seconds by the store's clock."""

    id: str
    tenant: str
    spec: JobSpec
    stages: tuple[Stage, ...]
    status: Status
    stage: Stage | None
    created_at: float
    expires_at: float
    request_id: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    attempts: int = 0
    """Claims of the present stage so far; where it has parts, of the one most often tried."""
    stage_progress: float = 0.0
    """0..1 within the present stage."""
    posted_input: InputFacts | None = None
    results: dict[str, Result] = field(default_factory=dict)
    """By step: a stage, or `stage/part` where a stage has parts that run side by side."""
    failures: dict[str, JobError] = field(default_factory=dict)
    """By step: what failed for good. A stage with parts goes on without those that did."""
    stage_ms: dict[str, int] = field(default_factory=dict)
    """How long each stage ran, by stage."""
    error: JobError | None = None
    version: int = 0
    """Grows with every change: the ETag."""

    @property
    def priority(self) -> Priority:
        return self.spec.priority

    @property
    def input(self) -> InputFacts | None:
        """The picture, once it is known."""
        ingested = self.results.get(Stage.INGEST)
        return ingested.input if isinstance(ingested, Ingested) else self.posted_input

    @property
    def segmented(self) -> Segmented | None:
        """The matte; of a comparison the first model's that made one."""
        return next(iter(self.mattes.values()), None)

    @property
    def mattes(self) -> dict[str, Segmented]:
        """Every matte by the name of its model, in the order they were asked for."""
        made = (result for result in self.results_of(Stage.SEGMENT) if isinstance(result, Segmented))
        return {matte.model.name: matte for matte in made}

    def by_model(self, name: str) -> "Job":
        """A comparison as if this were its only model; without a matte if the model failed."""
        step = Step(self.id, Stage.SEGMENT, name).name
        others = {key: result for key, result in self.results.items() if not key.startswith(Stage.SEGMENT)}
        mine = {step: self.results[step]} if step in self.results else {}
        return replace(self, results=others | mine)

    @property
    def upscaled(self) -> Upscaled | None:
        result = self.results.get(Stage.UPSCALE)
        return result if isinstance(result, Upscaled) else None

    @property
    def rendered(self) -> Rendered | None:
        """All that is rendered so far, the parts put together in the order they were asked for."""
        made = [result for result in self.results_of(Stage.RENDER) if isinstance(result, Rendered)]
        if not made:
            return None
        flags = [flag for result in made for flag in result.flags]
        for stage, flag in ((Stage.SEGMENT, MODEL_FAILED), (Stage.RENDER, VARIANT_FAILED)):
            if any(step.startswith(f"{stage}/") for step in self.failures):
                flags.append(flag)
        return Rendered(
            outputs=tuple(file for result in made for file in result.outputs),
            flags=tuple(dict.fromkeys(flags)),
            agreement={name: share for result in made for name, share in result.agreement.items()},
        )

    def results_of(self, stage: Stage) -> tuple[Result, ...]:
        """What the stage's parts have left in the record so far, in their order."""
        steps = (Step(self.id, stage, part).name for part in self.spec.parts(stage) or ("",))
        return tuple(self.results[step] for step in steps if step in self.results)

    @property
    def outputs(self) -> tuple[OutputFile, ...]:
        return self.rendered.outputs if self.rendered else ()

    @property
    def quality(self) -> Quality | None:
        return self.segmented.quality if self.segmented else None

    @property
    def models(self) -> tuple[ModelUsed, ...]:
        upscaled = (self.upscaled.model,) if self.upscaled else ()
        return (*(matte.model for matte in self.mattes.values()), *upscaled)

    @property
    def progress(self) -> float:
        """0..1 over all stages, each counted alike."""
        if self.status is Status.SUCCEEDED:
            return 1.0
        if self.stage is None:
            return 0.0
        return (self.stages.index(self.stage) + self.stage_progress) / len(self.stages)


@dataclass(frozen=True, slots=True)
class Step:
    """The smallest piece of work that is claimed, leased and committed on its own."""

    job_id: str
    stage: Stage
    part: str = ""
    """Names one of a stage's parts; empty where the stage is one piece."""

    @property
    def name(self) -> str:
        """`stage`, or `stage/part`: how the record and the messages call it."""
        return f"{self.stage}/{self.part}" if self.part else str(self.stage)

    @classmethod
    def parse(cls, job_id: str, name: str) -> "Step":
        """The step of this name. Raises ValueError for an unknown stage."""
        stage, _, part = name.partition("/")
        return cls(job_id, Stage(stage), part)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a step until its lease ends; the token is the fence."""

    step: Step
    token: str
    attempt: int
    job: Job


class Refusal(StrEnum):
    """Why a step could not be claimed; none of them is an error."""

    MISSING = "missing"
    TERMINAL = "terminal"
    STALE = "stale"
    BUSY = "busy"
    DEAD = "dead"
    SUSPECT = "suspect"
    """Its last worker died: perhaps of it, so it runs only where nothing else does."""


class LeaseState(StrEnum):
    """What a heartbeat learns."""

    HELD = "held"
    LOST = "lost"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Ring:
    """A step that somebody should look at."""

    step: Step
    priority: Priority
