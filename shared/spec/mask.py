"""Changing the matte after the network: levels, regions, edges, and what a person's brush forces."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from shared.spec.base import WHOLE, Spec

Coordinate = Annotated[float, Field(ge=-16384.0, le=32768.0)]
"""In source pixels; a brush may leave the picture."""

_PRESETS: dict[str, dict[str, Any]] = {
    "clean": {"threshold": 0.60, "contrast_boost": 4.0, "cleanup_kernel_size": 5, "hard_floor": 0.25}
}


class StrokeSpec(Spec):
    """One stroke of a brush with a round tip."""

    mode: Literal["keep", "remove"]
    """Make it subject, or background."""
    radius: float = Field(default=10.0, gt=0.0, le=2000.0)
    """Half the width of the brush, in source pixels."""
    points: tuple[tuple[Coordinate, Coordinate], ...] = Field(min_length=1, max_length=5000)
    """`[x, y]` in source pixels, from the upper left corner; joined by straight lines."""


class MaskSpec(Spec):
    """What is done to the matte, in the order of these fields; whatever is left out changes nothing."""

    preset: Literal["clean"] | None = None
    """`clean` for objects with hard edges: threshold 0.6, contrast_boost 4, hard_floor 0.25, cleanup_kernel_size 5,
    where you give nothing else. Not for hair: it takes what is half transparent."""
    threshold: float | None = Field(default=None, ge=0.0, le=1.0)
    """Opaque from here on and transparent below; with `contrast_boost`, where that has its middle."""
    contrast_boost: float | None = Field(default=None, gt=0.0, le=50.0)
    """Slope of a sigmoid round `threshold` (0.5 if that is not given): 4 is gentle, 20 nearly a hard edge."""
    hard_floor: float = Field(default=0.0, ge=0.0, le=1.0)
    """Whatever is fainter than this becomes fully transparent."""
    cleanup_kernel_size: Annotated[int, Field(ge=0, le=99), WHOLE] = 0
    """Odd width in px: specks, then pinholes, that such a square does not fit into are removed. 0 keeps all."""
    fill_holes: bool = False
    """Make opaque what the subject encloses."""
    keep_largest: bool = False
    """Remove every subject but the largest."""
    grow: Annotated[int, Field(ge=-100, le=100), WHOLE] = 0
    """Move the edge outward by so many px, inward if negative."""
    feather: float = Field(default=0.0, ge=0.0, le=100.0)
    """Sigma of a blur of the matte, in px."""
    invert: bool = False
    """Keep the background, and remove the subject."""
    strokes: tuple[StrokeSpec, ...] = Field(default=(), max_length=500)
    """Drawn last, in this order."""

    @field_validator("cleanup_kernel_size")
    @classmethod
    def _odd(cls, size: int) -> int:
        if size and size % 2 == 0:
            raise ValueError("must be odd, or 0")
        return size

    @model_validator(mode="after")
    def _with_preset(self) -> "MaskSpec":
        """Afterwards, unlike other presets: what a validator has seen before is no JSON any more, and `strokes` could
        not be read strictly.
        """
        preset = _PRESETS[self.preset] if self.preset else {}
        self.__dict__.update({name: preset[name] for name in preset.keys() - self.model_fields_set})
        return self
