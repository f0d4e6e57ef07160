"""A whole job, and the stages that it needs."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from shared.catalog import CARDS, INT8
from shared.spec.base import WHOLE, Spec
from shared.spec.effects import EffectSpec
from shared.spec.mask import MaskSpec
from shared.spec.output import OnEmpty, OutputSpec
from shared.spec.refine import RefineSpec
from shared.spec.source import InputSpec
from shared.spec.tweak import TweakSpec
from shared.spec.upscale import UpscaleSpec
from shared.spec.variant import VariantSpec
from shared.spec.webhook import WebhookSpec


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


COMPARISON = "comparison"
"""The part of a comparison's render stage that looks at all the mattes, and the name of its contact sheet."""
DISAGREEMENT = "disagreement"
"""The name of its other output."""

MetadataText = Annotated[str, StringConstraints(max_length=500)]


Pixel = Annotated[int, Field(ge=0, le=16_384), WHOLE]
Seconds = Annotated[int, Field(ge=1, le=2_592_000), WHOLE]


class JobSpec(Spec):
    """What is to be done with one picture."""

    input: InputSpec | None = None
    """Where the picture comes from; left out when the picture is posted with the job."""
    model: str = "auto"
    """A name from `GET /v1/models`; `auto` takes the best one for the worker's device."""
    models: tuple[str, ...] = Field(default=(), max_length=10)
    """Compare 2 to 10 of them, instead of `model`: an output by each, `comparison` (a contact sheet) and
    `disagreement` (a map of where they differ). One that fails is left out."""
    roi: tuple[Pixel, Pixel, Pixel, Pixel] | None = None
    """`[x1, y1, x2, y2]` in source pixels, from the upper left corner; outside of it is background."""
    tweak: TweakSpec = TweakSpec()
    """What the network sees, where a photo is difficult; the result's colours stay."""
    mask: MaskSpec = MaskSpec()
    """Changes of the matte."""
    refine: RefineSpec = RefineSpec()
    """How edges follow the full-resolution photo."""
    upscale: UpscaleSpec | None = None
    """Enlarge the cut-out with Real-ESRGAN."""
    effects: tuple[EffectSpec, ...] = Field(default=(), max_length=20)
    """Applied in this order."""
    variants: tuple[VariantSpec, ...] = Field(default=(), max_length=10)
    """Several renderings of one cut-out, each an output under its own name, instead of `effects` and `output`."""
    output: OutputSpec = OutputSpec()
    """Format, channels and framing of the result."""
    priority: Priority = Priority.INTERACTIVE
    """`bulk` waits until no interactive job does."""
    start_within: Seconds | None = None
    """Seconds; a job that no worker has begun by then becomes `expired`."""
    finish_within: Seconds | None = None
    """Seconds; a job that is not finished by then becomes `expired`."""
    retention: Annotated[int, Field(ge=60, le=2_592_000), WHOLE] = 86_400
    """Seconds until the job and its files are deleted, counted from its creation."""
    webhook: WebhookSpec | None = None
    """Called when this job's state changes, besides the endpoints under `/v1/webhooks`."""
    metadata: dict[Annotated[str, StringConstraints(max_length=100)], MetadataText] = Field(
        default_factory=dict, max_length=20
    )
    """Yours; echoed back."""

    @field_validator("model")
    @classmethod
    def _known_model(cls, name: str) -> str:
        if name != "auto" and name not in CARDS and name not in INT8:
            raise ValueError(f"unknown model; known are auto, {', '.join(CARDS)}")
        return name

    @field_validator("models")
    @classmethod
    def _comparable(cls, models: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not models:
            return models
        if info.data.get("model", "auto") != "auto":
            raise ValueError("leave out model: these are compared")
        if len(models) < 2:
            raise ValueError("name at least two: one alone is `model`")
        if len(set(models)) < len(models):
            raise ValueError("name each once")
        if unknown := [name for name in models if name not in CARDS and name not in INT8]:
            raise ValueError(f"unknown model {', '.join(unknown)}; known are {', '.join(CARDS)}")
        return models

    @field_validator("roi")
    @classmethod
    def _holds_something(cls, roi: tuple[int, int, int, int] | None) -> tuple[int, int, int, int] | None:
        if roi is not None and (roi[0] >= roi[2] or roi[1] >= roi[3]):
            raise ValueError("x1 must be less than x2, and y1 less than y2")
        return roi

    @field_validator("variants")
    @classmethod
    def _variants_stand_alone(
        cls, variants: tuple[VariantSpec, ...], info: ValidationInfo
    ) -> tuple[VariantSpec, ...]:
        if variants and info.data.get("models"):
            raise ValueError("leave them out: a comparison has one rendering of each model's matte")
        if variants and info.data.get("effects"):
            raise ValueError("leave out effects: each variant has its own")
        names = [name for variant in variants for name in variant.output_names]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"each output needs a name of its own; twice: {', '.join(twice)}")
        if len({variant.output.on_empty for variant in variants}) > 1:
            raise ValueError("on_empty must be the same in all: there is one matte")
        return variants

    @field_validator("upscale")
    @classmethod
    def _compared_at_its_own_size(
        cls, upscale: UpscaleSpec | None, info: ValidationInfo
    ) -> UpscaleSpec | None:
        if upscale is not None and info.data.get("models"):
            raise ValueError("leave it out: a comparison is made at the photo's own size")
        return upscale

    @field_validator("output")
    @classmethod
    def _output_or_variants(cls, output: OutputSpec, info: ValidationInfo) -> OutputSpec:
        if info.data.get("variants") and output != OutputSpec():
            raise ValueError("leave it out: each variant has its own")
        return output

    def parts(self, stage: Stage) -> tuple[str, ...]:
        """The parts of a stage that run side by side; none where it is one piece."""
        if self.models:
            return {Stage.SEGMENT: self.models, Stage.RENDER: (*self.models, COMPARISON)}.get(stage, ())
        return tuple(variant.name for variant in self.variants) if stage is Stage.RENDER else ()

    def variant(self, part: str) -> VariantSpec:
        """What a part of the render stage makes; the part `""` is a job without variants, which gives `image`."""
        if not self.variants:
            # Not checked again: a model's name is no name that a caller may give a variant.
            return VariantSpec.model_construct(name=part or "image", effects=self.effects, output=self.output)
        return next(variant for variant in self.variants if variant.name == part)

    @property
    def on_empty(self) -> OnEmpty:
        """What to do when no subject is found, variants or not."""
        return (self.variants[0] if self.variants else self).output.on_empty

    def stages(self, *, has_picture: bool, has_matte: bool = False) -> tuple[Stage, ...]:
        """The stages this job goes through, in order, with what is there already."""
        ingest = () if has_picture else (Stage.INGEST,)
        upscale = (Stage.UPSCALE,) if self.upscale else ()
        segment = () if has_matte and not self.models else (Stage.SEGMENT,)
        both = (*upscale, *segment) if self.enlarges_first else (*segment, *upscale)
        return (*ingest, *both, Stage.RENDER)

    @property
    def enlarges_first(self) -> bool:
        """Whether the networks look at an enlarged photo: the experiment `upscale.when: before`."""
        return self.upscale is not None and self.upscale.when == "before"
