"""A polished floor."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Spec


class ReflectionSpec(Spec):
    """The subject mirrored below itself, fading with the distance, as on a polished floor; the canvas grows."""

    type: Literal["reflection"] = "reflection"
    opacity: float = Field(default=0.35, ge=0.0, le=1.0)
    """At the mirror line; from there it fades to nothing."""
    length: float = Field(default=35.0, ge=1.0, le=100.0)
    """How much of the subject is seen again, in percent of its height."""
    gap: float = Field(default=0.0, ge=0.0, le=10.0)
    """Between the subject and its image, in percent of the picture's longer side."""
    blur: float = Field(default=0.15, ge=0.0, le=5.0)
    """Sigma of the blur in percent of the picture's longer side: a matt floor."""
