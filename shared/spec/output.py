"""What the result file looks like."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from shared.spec.base import WHOLE, Spec
from shared.spec.length import Length, in_px
from shared.spec.position import Position

OnEmpty = Literal["fail", "original", "transparent"]
Format = Literal["png", "webp", "jpeg", "avif", "tiff", "zip", "psd"]
Percent = Annotated[float, Field(ge=0.0, le=100.0)]
Side = Annotated[int, Field(ge=1, le=16_384), WHOLE]

_LAYERED: tuple[Format, ...] = ("zip", "psd")
_DEEP: tuple[Format, ...] = ("png", "zip")
_MAX_CANVAS_MEGAPIXELS = 50
_MAX_MARGIN_PX = 500


class OutputSpec(Spec):
    """Format, channels and framing of the result."""

    format: Format = "png"
    """`jpeg` has no transparency: what is transparent becomes white unless an effect gives a background, and the
    job says so (`background_filled_white`). `zip` holds `color.png` and `alpha.png`, `psd` a layer with a mask."""
    quality: Annotated[int, Field(ge=1, le=100), WHOLE] = 90
    """Of the colours of jpeg, webp and avif (alpha stays exact); a webp of 100 is lossless, and smaller than the
    png. The others always are."""
    channels: Literal["rgba", "alpha"] = "rgba"
    """`alpha` gives the matte alone, as a grey picture; not for zip and psd, which keep the two apart anyway."""
    bit_depth: Literal[8, 16] = 8
    """Bits of a channel; 16 for png and zip, the levels of 8 bits spread out for programs that insist on it."""
    include_matte: bool = False
    """Add an output `matte`: the matte of the photo, an 8-bit grey png."""
    preview: bool = False
    """Add an output `preview`: a webp of the result, its longer side at most 1024 px, to be shown first."""
    crop: bool = False
    """Cut away the empty border, before the effects: a background fills what is left, a shadow adds what it needs."""
    crop_margin: float = Field(default=0.0, ge=0.0, le=50.0)
    """What `crop` leaves on every side of the subject, in percent of its longer side, adding canvas if need be."""
    crop_margins: tuple[Length, Length, Length, Length] | None = None
    """The same for each side by itself, instead: top, right, bottom, left, as `30px` or `10%`, up to 500px or 50%;
    percent are of the subject's longer side, px those of the picture before `max_megapixels` reduces it."""
    canvas: tuple[Side, Side] | None = None
    """Width and height of the result in px: the picture is fitted in before the effects, and what they add beyond
    is cut off. None keeps the photo's own size, or the crop's."""
    position: Literal["original"] | Position | tuple[Percent, Percent] = "original"
    """Where the subject stands on the canvas; `original` keeps its place in the picture. `[x, y]`: how many percent
    of the free space are to the left of it, and above."""
    scale: float | None = Field(default=None, ge=10.0, le=100.0)
    """The subject enlarged or reduced until it fills so many percent of the canvas, in the middle of it unless
    `position` says otherwise."""
    max_megapixels: float | None = Field(default=None, ge=0.01, le=50.0)
    """Reduce the result if it is larger."""
    on_empty: OnEmpty = "fail"
    """When no subject is found: fail with `no_subject`, give the photo back, or give an empty cut-out."""
    metadata: Literal["strip", "keep"] = "strip"
    """What the photo says of camera, time and place: gone, or kept. The colour profile always goes along."""

    @field_validator("channels")
    @classmethod
    def _apart_already(cls, channels: str, info: ValidationInfo) -> str:
        if channels == "alpha" and info.data.get("format") in _LAYERED:
            raise ValueError("zip and psd hold colour and alpha apart: leave it out")
        return channels

    @field_validator("bit_depth")
    @classmethod
    def _deep_enough(cls, bit_depth: int, info: ValidationInfo) -> int:
        if bit_depth == 16 and info.data.get("format") not in _DEEP:
            raise ValueError(f"16 bits go into {' and '.join(_DEEP)} only")
        return bit_depth

    @field_validator("crop_margins")
    @classmethod
    def _instead_and_not_too_wide(
        cls, margins: tuple[str, ...] | None, info: ValidationInfo
    ) -> tuple[str, ...] | None:
        if margins and info.data.get("crop_margin"):
            raise ValueError("leave out crop_margin: each side has its own")
        if margins and any(in_px(margin, 2 * _MAX_MARGIN_PX) > _MAX_MARGIN_PX for margin in margins):
            raise ValueError(f"at most {_MAX_MARGIN_PX}px or 50%")
        return margins

    @field_validator("canvas")
    @classmethod
    def _not_too_large(cls, canvas: tuple[int, int] | None) -> tuple[int, int] | None:
        if canvas and canvas[0] * canvas[1] > _MAX_CANVAS_MEGAPIXELS * 1_000_000:
            raise ValueError(f"at most {_MAX_CANVAS_MEGAPIXELS} megapixels")
        return canvas

    @property
    def extras(self) -> tuple[str, ...]:
        """Names of the files that are given beside the result."""
        return ("matte",) * self.include_matte + ("preview",) * self.preview
