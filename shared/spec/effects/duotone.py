"""Two colours instead of all."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Color, Spec


class DuotoneSpec(Spec):
    """Paint what is on the canvas so far in shades between two colours, by its brightness."""

    type: Literal["duotone"] = "duotone"
    shadows: Color = "#1b1464"
    """What black becomes; its transparency is not used."""
    highlights: Color = "#ffd5a5"
    """What white becomes; its transparency is not used."""
    amount: float = Field(default=1.0, ge=0.0, le=1.0)
    """0 leaves the colours as they are, 1 leaves none of them."""
