"""A whole job, and the stages that it needs."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from shared.catalog import CARDS
from shared.spec.base import Spec
from shared.spec.effects import EffectSpec
from shared.spec.output import OutputSpec
from shared.spec.source import SourceSpec
from shared.spec.upscale import UpscaleSpec


class Stage(StrEnum):
    """A stage of a job; the task that runs it is `worker.<stage>`."""

    INGEST = "ingest"
    SEGMENT = "segment"
    UPSCALE = "upscale"
    RENDER = "render"


class Priority(StrEnum):
    """Which lane of the queue a job waits in."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


MetadataText = Annotated[str, StringConstraints(max_length=500)]


class JobSpec(Spec):
    """What is to be done with one picture."""

    input: SourceSpec | None = None
    """Where the picture comes from; left out when the picture is posted with the job."""
    model: str = "auto"
    """A name from `GET /v1/models`; `auto` takes the best one for the worker's device."""
    upscale: UpscaleSpec | None = None
    """Enlarge the cut-out with Real-ESRGAN."""
    effects: tuple[EffectSpec, ...] = Field(default=(), max_length=20)
    """Applied in this order."""
    output: OutputSpec = OutputSpec()
    """Format, channels and framing of the result."""
    priority: Priority = Priority.INTERACTIVE
    """`bulk` waits until no interactive job does."""
    metadata: dict[Annotated[str, StringConstraints(max_length=100)], MetadataText] = Field(
        default_factory=dict, max_length=20
    )
    """Yours; echoed back."""

    @field_validator("model")
    @classmethod
    def _known_model(cls, name: str) -> str:
        if name != "auto" and name not in CARDS:
            raise ValueError(f"unknown model; known are auto, {', '.join(CARDS)}")
        return name

    def stages(self, *, has_picture: bool) -> tuple[Stage, ...]:
        """The stages this job goes through, in order."""
        ingest = () if has_picture else (Stage.INGEST,)
        upscale = (Stage.UPSCALE,) if self.upscale else ()
        return (*ingest, Stage.SEGMENT, *upscale, Stage.RENDER)


