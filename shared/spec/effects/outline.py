"""A sticker's border."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Color, Spec


class OutlineSpec(Spec):
    """A line round the subject, as on a sticker; the canvas grows to hold it."""

    type: Literal["outline"] = "outline"
    color: Color = "#ffffff"
    """Colour of the line."""
    width: float = Field(default=0.8, ge=0.05, le=10.0)
    """Width in percent of the picture's longer side."""
