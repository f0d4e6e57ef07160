"""The port to the mattes that a tenant's jobs have made."""

from dataclasses import dataclass
from typing import Protocol

from shared.jobs.results import Segmented
from shared.spec.job import JobSpec
from shared.storage.keys import hash_params

_NOT_OF_THE_MATTE = {
    "input", "upscale", "effects", "variants", "output", "priority", "start_within", "finish_within", "retention",
    "webhook", "metadata",
}  # fmt: skip
"""Fields that change nothing before the matte is made. What is not listed counts, so that a new field is safe."""


@dataclass(frozen=True, slots=True)
class MatteName:
    """What makes two mattes the same."""

    tenant: str
    sha256: str
    """Of the photo."""
    options: str
    """A hash of what else the matte depends on."""


@dataclass(frozen=True, slots=True)
class KnownMatte:
    """A matte, and the job that made it."""

    job_id: str
    made: Segmented


class MatteIndex(Protocol):
    """Mattes by photo and options. Both methods raise StoreUnavailable when the store does not answer."""

    def find(self, name: MatteName) -> KnownMatte | None:
        """The matte, if there is one; its file may have been deleted since."""

    def remember(self, names: tuple[MatteName, ...], known: KnownMatte, keep_until: float) -> None:
        """Let it be found under these names until then, in Unix seconds."""


def options_of(spec: JobSpec, model: str | None = None) -> str:
    """The options of the matte that this job asks for; `model` stands for what `auto` came to mean."""
    asked = spec.model_dump(mode="json", exclude=_NOT_OF_THE_MATTE)
    if model is not None:
        asked["model"] = model
    # Whether an empty matte is an error is decided where the matte is made.
    asked["on_empty"] = spec.on_empty
    if spec.upscale is not None and spec.enlarges_first:
        asked["upscale"] = spec.upscale.model_dump(mode="json")
    return hash_params(asked)
