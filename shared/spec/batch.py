"""A batch as one JSON document; as NDJSON, its lines are the items."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from shared.spec.base import Spec


class BatchSpec(Spec):
    """Many pictures: the items themselves, or an upload that holds them as NDJSON."""

    items: tuple[dict[str, Any], ...] | None = Field(default=None, min_length=1)
    """Each a JobSpec with an `input`, and if you like a `custom_id`."""
    manifest_upload_id: Annotated[str, StringConstraints(pattern=r"^upl_[0-9a-z]{26}$")] | None = None
    """An upload of NDJSON, of the content type `application/x-ndjson`."""
    defaults: dict[str, Any] = Field(default_factory=dict)
    """A JobSpec without `input`: what holds for each item that says nothing else."""

    @model_validator(mode="after")
    def _exactly_one(self) -> "BatchSpec":
        if (self.items is None) == (self.manifest_upload_id is None):
            raise ValueError("give exactly one of items, manifest_upload_id")
        return self
