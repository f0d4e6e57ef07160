"""What the result file looks like."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Spec

OnEmpty = Literal["fail", "original", "transparent"]


class OutputSpec(Spec):
    """Format, channels and framing of the result."""

    format: Literal["png", "webp", "jpeg"] = "png"
    """`jpeg` has no transparency: what is transparent becomes white unless an effect gives a background."""
    quality: int = Field(default=90, ge=1, le=100)
    """For jpeg and webp; a webp of 100 is lossless, and smaller than the png. png is always lossless."""
    channels: Literal["rgba", "alpha"] = "rgba"
    """`alpha` gives the matte alone, as a grey picture."""
    include_matte: bool = False
    """Add an output `matte`: the matte of the photo, an 8-bit grey png."""
    crop: bool = False
    """Cut away the empty border, before the effects: a background fills what is left, a shadow adds what it needs."""
    crop_margin: float = Field(default=0.0, ge=0.0, le=50.0)
    """What `crop` leaves on every side of the subject, in percent of its longer side, adding canvas if need be."""
    on_empty: OnEmpty = "fail"
    """When no subject is found: fail with `no_subject`, give the photo back, or give an empty cut-out."""

    @property
    def extras(self) -> tuple[str, ...]:
        """Names of the files that are given beside the result."""
        return ("matte",) if self.include_matte else ()
