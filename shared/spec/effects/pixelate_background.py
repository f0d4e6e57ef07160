"""The photo's own background in squares."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Spec


class PixelateBackgroundSpec(Spec):
    """Put the original photo behind the subject in squares of one colour each, the subject taken out first."""

    type: Literal["pixelate_background"] = "pixelate_background"
    size: float = Field(default=2.5, ge=0.2, le=25.0)
    """Side of a square in percent of the picture's longer side."""
