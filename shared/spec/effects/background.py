"""Something behind the subject."""

from typing import Literal

from pydantic import Field, model_validator

from shared.spec.base import Color, Spec
from shared.spec.source import SourceSpec

_FILLS = ("color", "gradient", "image", "blur", "desaturate")


class GradientSpec(Spec):
    """A smooth change from one colour to another."""

    kind: Literal["linear", "radial"] = "linear"
    """Along a direction, or outward from the centre."""
    start: Color = "#ffffff"
    """Colour at the beginning, or at the centre."""
    end: Color = "#d9d9d9"
    """Colour at the end, or at the corners."""
    angle: float = Field(default=90.0, ge=0.0, le=360.0)
    """Direction of a linear gradient in degrees: 0 to the right, 90 downward."""


class BackgroundSpec(Spec):
    """Put something behind the subject: one of `color`, `gradient`, `image`, `blur`, `desaturate`.

    Colours mean sRGB.
    """

    type: Literal["background"] = "background"
    color: Color | None = None
    """One plain colour."""
    gradient: GradientSpec | None = None
    """A gradient."""
    image: SourceSpec | None = None
    """Another picture, enlarged or reduced to cover the canvas, centred."""
    blur: float | None = Field(default=None, ge=0.5, le=10.0)
    """The original photo out of focus, the subject taken out first; sigma in percent of its longer side."""
    desaturate: float | None = Field(default=None, ge=0.0, le=1.0)
    """The original photo with so much of its colour taken away: 1 is black and white, 0 the photo as it was."""

    @model_validator(mode="after")
    def _exactly_one_fill(self) -> "BackgroundSpec":
        given = [name for name in _FILLS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(_FILLS)} (given: {', '.join(given) or 'none'})")
        return self
