"""Enlarging the cut-out with Real-ESRGAN."""

from typing import Literal

from pydantic import Field

from shared.spec.base import Spec

UpscaleModel = Literal[
    "auto",
    "realesrgan-x2plus",
    "realesrgan-x4plus",
    "realesrgan-x4plus-anime",
    "realesr-general-x4v3",
    "realesr-animevideov3",
]


class UpscaleSpec(Spec):
    """Real-ESRGAN on the finished cut-out, alpha preserved."""

    scale: float = Field(default=2.0, ge=1.5, le=4.0)
    """How many times wider and higher the result is."""
    model: UpscaleModel = "auto"
    """The network; `auto` takes the best one whose weights are present."""
    when: Literal["after", "before"] = "after"
    """`before` is an experiment that harms the matte: refused unless the server allows it."""
