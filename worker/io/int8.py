"""An int8 graph that this machine has made, beside the weights it was made of, and what is known of it.

Three files: `WEIGHTS.int8-RECIPE.xml` and `.bin` are the graph, `WEIGHTS.int8.json` is the record, which names the
graph that holds. The record is written last and replaced in one step, so that what it names is always whole.
"""

import os
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

_log = structlog.get_logger(__name__)


class Differences(BaseModel):
    """How far the int8 network's mattes are from the exact one's, on photos that it was not calibrated with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    photos: int
    matte: float
    """Mean over photos of the mean difference of their mattes, 0..1."""
    iou: float
    """Mean overlap of the two subjects at half opacity, 0..1."""
    gradient: float
    """Sum of squared differences of the mattes' gradients, as a share of the sum of squares of the exact one's."""
    time: float
    """Its seconds as a share of the exact one's, taken by turns."""


class Int8Record(BaseModel):
    """What is known of an int8 graph."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    recipe: str
    """Hash of all that the graph was made from: the network's weights, the way, the photos."""
    weights_sha256: str
    """Of the exact network's."""
    photos_sha256: str
    """Of the pixels that it was calibrated with."""
    photos: int
    made_with: dict[str, str]
    """Version of each package."""
    graph_sha256: str
    """Of the `.bin`."""
    differences: Differences
    accepted: bool
    """Whether the differences are small enough for `auto` to take it."""


def graph_path(weights: Path, recipe: str) -> Path:
    """The `.xml` of the graph; its `.bin` lies beside it."""
    return weights.with_name(f"{weights.name}.int8-{recipe}.xml")


def read_record(weights: Path) -> Int8Record | None:
    """What is known of the int8 graph of this weights file; None where there is none that holds."""
    path = _record_path(weights)
    try:
        record = Int8Record.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        _log.warning("int8_record_unreadable", file=path.name, reason=str(error).splitlines()[0])
        return None
    graph = graph_path(weights, record.recipe)
    return record if graph.exists() and graph.with_suffix(".bin").exists() else None


def keep(made: Path, weights: Path, record: Int8Record) -> None:
    """Move a graph (`made`, an `.xml` in the same file system, and its `.bin`) beside its weights, and record it.

    Interrupted at any point, the graph that was there before still holds.
    """
    graph = graph_path(weights, record.recipe)
    for suffix in (".bin", ".xml"):
        os.replace(made.with_suffix(suffix), graph.with_suffix(suffix))
    written = made.with_suffix(".json")
    written.write_text(record.model_dump_json(indent=2))
    os.replace(written, _record_path(weights))
    discard(weights, but=record.recipe)


def discard(weights: Path, *, but: str = "") -> None:
    """Remove the int8 graphs of this weights file, all but that of one recipe, and the record unless one stays."""
    if not but:
        _record_path(weights).unlink(missing_ok=True)
    stays = graph_path(weights, but).stem
    for path in weights.parent.glob(f"{weights.name}.int8-*.*"):
        if path.stem != stays:
            path.unlink(missing_ok=True)


def _record_path(weights: Path) -> Path:
    return weights.with_name(f"{weights.name}.int8.json")
