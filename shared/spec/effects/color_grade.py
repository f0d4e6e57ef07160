"""Colours as a photographer would correct them."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Spec


class ColorGradeSpec(Spec):
    """Change the colours of what is on the canvas so far: the subject alone, or with its background."""

    type: Literal["color_grade"] = "color_grade"
    brightness: float = Field(default=0.0, ge=-1.0, le=1.0)
    """Middle tones darker or brighter; black and white stay."""
    contrast: float = Field(default=0.0, ge=-1.0, le=1.0)
    """Half the difference to middle grey at -1, twice at 1."""
    saturation: float = Field(default=0.0, ge=-1.0, le=1.0)
    """Grey at -1, twice as colourful at 1."""
    temperature: float = Field(default=0.0, ge=-1.0, le=1.0)
    """Bluer below 0, warmer above; the brightness of grey stays."""
