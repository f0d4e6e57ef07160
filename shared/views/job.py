"""What we answer about a job: built from its record, in the order of the published resource."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Literal

from shared.jobs.job import Job, Status
from shared.jobs.results import ModelUsed, OutputFile
from shared.settings import Settings
from shared.spec.job import JobSpec, Priority, Stage
from shared.storage.port import ObjectStore
from shared.views.base import Moment, View, moment
from shared.views.outlook import Outlook


class InputView(View):
    """The picture as it came in."""

    width: int
    height: int
    bytes: int
    content_type: str
    sha256: str


class OutputView(View):
    """One file that the job made."""

    name: str
    model: str
    url: str
    """Signed, and valid for a while; a new GET of the job gives a fresh one."""
    content_type: str
    width: int
    height: int
    bytes: int
    sha256: str


class QualityView(View):
    """What can be said of the matte without knowing the truth."""

    coverage: float
    """Share of the photo that is subject, 0..1."""
    confidence: float
    """How sure the network is, 0..1."""
    flags: tuple[str, ...]


class TimingsView(View):
    """Milliseconds; null for what has not ended, or was not asked for."""

    queued: int | None
    """From the request to the first stage's start."""
    ingest: int | None
    segment: int | None
    upscale: int | None
    render: int | None
    total: int | None
    """From the request to the end."""


class ModelUsedView(View):
    """A network that took part."""

    name: str
    weights_sha256: str
    license: str
    commercial_use: bool | Literal["ask"]
    """`ask`: nobody says whether the weights may be used so."""
    seconds: float | None
    """How long the matte took, once the model was loaded; null for an upscaler."""
    agreement: float | None
    """Of a comparison: the matte's overlap (IoU) with what most of the models say, 0..1."""


class ErrorView(View):
    """Why the job failed."""

    code: str
    title: str
    detail: str
    stage: str | None
    retryable: bool


class FailureView(ErrorView):
    """Why one of the job's parts failed, while the job went on without it."""

    name: str
    """Of the variant or the model whose outputs are missing."""


class LinksView(View):
    """Where to go from here."""

    self: str
    result: str
    events: str
    cancel: str


class JobView(View):
    """A job."""

    id: str
    status: Status
    stage: Stage | None
    progress: float
    """0..1 over all stages, each counted alike."""
    queue_position: int
    """How many jobs of its priority wait before this one."""
    eta_seconds: float | None
    """From the measured speed of the model; null before the first measurement."""
    attempts: int
    priority: Priority
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    expires_at: Moment
    input: InputView | None
    spec: JobSpec
    """As accepted, defaults filled in."""
    outputs: tuple[OutputView, ...]
    quality: QualityView | None
    timings_ms: TimingsView
    models: tuple[ModelUsedView, ...]
    reused_matte_of: str | None
    """The earlier job whose matte was used again: the same photo with the same options."""
    error: ErrorView | None
    failures: tuple[FailureView, ...]
    """Variants and models that failed alone; the job succeeds with the others."""
    metadata: dict[str, str]
    links: LinksView


def job_view(job: Job, outlook: Outlook, settings: Settings, url_of: Callable[[OutputFile], str]) -> JobView:
    """The job resource."""
    return JobView(
        id=job.id,
        status=job.status,
        stage=job.stage,
        progress=round(job.progress, 4),
        queue_position=outlook.queue_position,
        eta_seconds=outlook.eta_seconds,
        attempts=job.attempts,
        priority=job.priority,
        created_at=moment(job.created_at),
        started_at=moment(job.started_at) if job.started_at is not None else None,
        finished_at=moment(job.finished_at) if job.finished_at is not None else None,
        expires_at=moment(job.expires_at),
        input=InputView.model_validate(job.input) if job.input else None,
        spec=job.spec,
        outputs=output_views(job, url_of),
        quality=quality_view(job),
        timings_ms=_timings(job),
        models=tuple(_model(used, job) for used in job.models),
        reused_matte_of=job.segmented.reused_matte_of if job.segmented else None,
        error=ErrorView.model_validate(job.error) if job.error else None,
        failures=_failures(job),
        metadata=job.spec.metadata,
        links=_links(job.id, settings.base_url),
    )


def output_views(job: Job, url_of: Callable[[OutputFile], str]) -> tuple[OutputView, ...]:
    """What the job made so far."""
    return tuple(OutputView(url=url_of(file), **file.model_dump(exclude={"key"})) for file in job.outputs)


def quality_view(job: Job) -> QualityView | None:
    """What can be said of the result, once there is a matte."""
    if job.quality is None:
        return None
    later = job.rendered.flags if job.rendered else ()
    flags = tuple(dict.fromkeys((*job.quality.flags, *later)))
    return QualityView(coverage=job.quality.coverage, confidence=job.quality.confidence, flags=flags)


def signed_url(objects: ObjectStore, settings: Settings, job_id: str, file: OutputFile) -> str:
    """A fresh URL of one output; saved by browsers under the job's id and the output's name."""
    extension = file.key.rpartition(".")[2]
    lifetime = timedelta(seconds=settings.url_lifetime_seconds)
    return objects.presign_get(file.key, expires_in=lifetime, filename=f"{job_id}-{file.name}.{extension}")


def _model(used: ModelUsed, job: Job) -> ModelUsedView:
    matte = job.mattes.get(used.name)
    agreement = job.rendered.agreement.get(used.name) if job.rendered else None
    return ModelUsedView(**used.model_dump(), seconds=matte.seconds if matte else None, agreement=agreement)


def _failures(job: Job) -> tuple[FailureView, ...]:
    parts = ((step.partition("/")[2], error) for step, error in sorted(job.failures.items()))
    return tuple(FailureView(name=name, **asdict(error)) for name, error in parts if name)


def _timings(job: Job) -> TimingsView:
    return TimingsView(
        queued=_ms_between(job.created_at, job.started_at),
        total=_ms_between(job.created_at, job.finished_at),
        **{str(stage): job.stage_ms.get(stage) for stage in Stage},
    )


def _ms_between(start: float, end: float | None) -> int | None:
    return None if end is None else round((end - start) * 1000)


def _links(job_id: str, base_url: str) -> LinksView:
    here = f"{base_url}/v1/jobs/{job_id}"
    return LinksView(self=here, result=f"{here}/result", events=f"{here}/events", cancel=f"{here}/cancel")
