"""Light behind the subject."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Color, Spec


class GlowSpec(Spec):
    """Light that spreads from behind the subject, brightest at its edge; the canvas grows to hold it."""

    type: Literal["glow"] = "glow"
    color: Color = "#ffe9a8"
    """Colour of the light."""
    opacity: float = Field(default=0.9, ge=0.0, le=1.0)
    """At the subject's edge; 0 is invisible, 1 solid."""
    size: float = Field(default=2.5, ge=0.1, le=10.0)
    """How far it spreads, in percent of the picture's longer side: a third is left there."""
