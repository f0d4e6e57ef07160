"""A shadow on a wall behind the subject."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Color, Spec


class DropShadowSpec(Spec):
    """The subject's own shape, blurred, moved and laid under it; the canvas grows to hold it."""

    type: Literal["drop_shadow"] = "drop_shadow"
    color: Color = "#000000"
    """Colour of the shadow."""
    opacity: float = Field(default=0.45, ge=0.0, le=1.0)
    """0 is invisible, 1 solid."""
    blur: float = Field(default=1.5, ge=0.0, le=10.0)
    """Sigma of the blur in percent of the picture's longer side."""
    offset_x: float = Field(default=0.8, ge=-25.0, le=25.0)
    """To the right, in percent of the picture's longer side."""
    offset_y: float = Field(default=1.2, ge=-25.0, le=25.0)
    """Downward, in percent of the picture's longer side."""
