"""From the network's matte to one of the photo's own size."""

from typing import Annotated, Literal

from pydantic import Field

from shared.spec.base import WHOLE, Spec


class RefineSpec(Spec):
    """How edges follow the full-resolution photo, and whether their colours are cleaned."""

    method: Literal["auto", "none", "guided", "matting", "fba"] = "auto"
    """`auto`: `none` while the photo is at most 1.2 times the matte's size, `guided` beyond. `guided`: guided
    upsampling against the photo. `matting`: automatic trimap and closed-form matting, bounded in time. `fba`:
    automatic trimap and the network FBA matting: seconds on a CPU, and weights for non-commercial use only."""
    radius: Annotated[int, Field(ge=1, le=16), WHOLE] = 1
    """Of `guided`: half the side of its window, in px of the network's matte."""
    epsilon: float = Field(default=1e-4, ge=1e-7, le=1.0)
    """Of `guided`: the smaller, the more an edge in the photo counts (on colours of 0..1)."""
    decontaminate: bool = True
    """Estimate the subject's own colours, so that no background tint stays in hair."""

    @property
    def network(self) -> str | None:
        """The name of the network that the method needs, in the catalogue."""
        return "fba-matting" if self.method == "fba" else None
