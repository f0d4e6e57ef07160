"""A shadow on the ground the subject stands on."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Color, Spec


class ContactShadowSpec(Spec):
    """The dark seam where the subject meets the ground, and its shape thrown along the ground from there.

    The canvas grows to hold it.
    """

    type: Literal["contact_shadow"] = "contact_shadow"
    color: Color = "#000000"
    """Colour of the shadow."""
    opacity: float = Field(default=0.7, ge=0.0, le=1.0)
    """At the seam; the thrown shadow is weaker, and fades. 0 is invisible."""
    blur: float = Field(default=1.0, ge=0.1, le=5.0)
    """Sigma of the blur at the seam in percent of the picture's longer side; it grows with the distance."""
    length: float = Field(default=60.0, ge=0.0, le=200.0)
    """How far the shadow is thrown along the ground, in percent of the subject's height; 0 leaves the seam."""
    angle: float = Field(default=60.0, ge=-180.0, le=180.0)
    """Where it falls, in degrees seen from above: 0 away from the viewer, 90 to the right, 180 to the viewer."""
    tilt: float = Field(default=0.3, ge=0.05, le=1.0)
    """How steeply the viewer looks down at the ground: 0 along it, 1 straight down."""
