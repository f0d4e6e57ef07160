"""Soft edges."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Spec


class FeatherEdgesSpec(Spec):
    """Let the subject fade out toward its edge; where the photo itself ends it stays as it is.

    What is behind shows through, so ask for it before a background.
    """

    type: Literal["feather_edges"] = "feather_edges"
    width: float = Field(default=0.4, ge=0.0, le=10.0)
    """How far in from the edge it reaches, in percent of the picture's longer side."""
