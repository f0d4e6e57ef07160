"""The effects: one class each, joined by `type`, which is also the name of the module that paints it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.spec.base import Color, Spec
from shared.spec.source import SourceSpec


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
    """Put something behind the subject: exactly one of `color`, `gradient`, `image`, `blur`. Colours mean sRGB."""

    type: Literal["background"] = "background"
    color: Color | None = None
    """One plain colour."""
    gradient: GradientSpec | None = None
    """A gradient."""
    image: SourceSpec | None = None
    """Another picture, enlarged or reduced to cover the canvas, centred."""
    blur: float | None = Field(default=None, ge=0.5, le=10.0)
    """The original photo out of focus, the subject taken out first; sigma in percent of its longer side."""

    @model_validator(mode="after")
    def _exactly_one_fill(self) -> "BackgroundSpec":
        given = [name for name in ("color", "gradient", "image", "blur") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of color, gradient, image, blur (given: {', '.join(given) or 'none'})"
            )
        return self


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


class OutlineSpec(Spec):
    """A line round the subject, as on a sticker; the canvas grows to hold it."""

    type: Literal["outline"] = "outline"
    color: Color = "#ffffff"
    """Colour of the line."""
    width: float = Field(default=0.8, ge=0.05, le=10.0)
    """Width in percent of the picture's longer side."""


EffectSpec = Annotated[BackgroundSpec | DropShadowSpec | OutlineSpec, Field(discriminator="type")]
EFFECTS: tuple[type[Spec], ...] = (BackgroundSpec, DropShadowSpec, OutlineSpec)
