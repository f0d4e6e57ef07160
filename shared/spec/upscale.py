"""Enlarging the cut-out with Real-ESRGAN."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from shared.catalog import UPSCALERS
from shared.spec.base import Spec

UpscaleModel = Literal[
    "auto",
    "realesrgan-x2plus",
    "realesrgan-x4plus",
    "realesrgan-x4plus-anime",
    "realesr-general-x4v3",
    "realesr-animevideov3",
]

_DENOISING = tuple(name for name, card in UPSCALERS.items() if card.partner)


class UpscaleSpec(Spec):
    """Real-ESRGAN on the finished cut-out, alpha preserved."""

    scale: float = Field(default=2.0, ge=1.5, le=4.0)
    """How many times wider and higher the result is."""
    model: UpscaleModel = "auto"
    """The network; `auto` takes the best one whose weights are present."""
    denoise: float | None = Field(default=None, ge=0.0, le=1.0)
    """Of `realesr-general-x4v3` only, which has to be named then: 0 keeps the photo's noise, 1 takes it, as does the
    network when nothing is given; in steps of 0.05."""
    when: Literal["after", "before"] = "after"
    """`before` is an experiment that harms the matte: refused unless the server allows it."""

    @field_validator("denoise")
    @classmethod
    def _can_denoise(cls, denoise: float | None, info: ValidationInfo) -> float | None:
        if denoise is not None and info.data.get("model") not in _DENOISING:
            raise ValueError(f"goes with {' or '.join(_DENOISING)} only: name it as model")
        return denoise
