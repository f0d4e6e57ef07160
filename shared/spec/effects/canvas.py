"""The format in which the subject is shown."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from shared.spec.base import WHOLE, Spec
from shared.spec.position import Position

Side = Annotated[int, Field(ge=1, le=16_384), WHOLE]
_MAX_MEGAPIXELS = 50

_PRESETS: dict[str, dict[str, object]] = {
    "marketplace": {"aspect": "1:1", "margin": 7.5},
    "passport": {"aspect": "35:45", "margin": 10.0, "position": "bottom"},
    "portrait": {"aspect": "4:5", "margin": 7.5},
    "story": {"aspect": "9:16", "margin": 7.5},
    "banner": {"aspect": "16:9", "margin": 7.5},
}


class CanvasSpec(Spec):
    """Show the subject on a canvas of a given size or shape, with a margin.

    Without a size nothing is resampled: the canvas is the smallest of its shape that holds the subject. Ask for it
    before a background, which then fills it.
    """

    type: Literal["canvas"] = "canvas"
    preset: Literal["marketplace", "passport", "portrait", "story", "banner"] | None = None
    """Sets what is not given: `marketplace` 1:1 of which the subject fills 85 %, `passport` 35:45 standing on the
    lower edge, `portrait` 4:5, `story` 9:16, `banner` 16:9."""
    width: Side | None = None
    """In pixels; the subject is enlarged or reduced to fit."""
    height: Side | None = None
    """In pixels; the one of width and height that is not given follows from `aspect`."""
    aspect: str | None = Field(default=None, pattern=r"^[1-9]\d{0,4}:[1-9]\d{0,4}$")
    """Width to height, as `4:5`, up to 20:1 either way; not looked at where both width and height are given."""
    margin: float = Field(default=0.0, ge=0.0, le=45.0)
    """Between the subject and the canvas's edges, in percent of the canvas's width and height."""
    position: Position = "center"
    """Where the subject stands: it touches the edges that are named here, and keeps the margin from the others."""

    @model_validator(mode="before")
    @classmethod
    def _write_preset_out(cls, given: Any) -> Any:
        preset = _PRESETS.get(str(given.get("preset"))) if isinstance(given, dict) else None
        return {**preset, **given} if preset else given

    @field_validator("aspect")
    @classmethod
    def _not_a_line(cls, aspect: str | None) -> str | None:
        if aspect is not None and not 1 / 20 <= ratio(aspect) <= 20:
            raise ValueError("at most 20:1 or 1:20")
        return aspect

    @field_validator("height")
    @classmethod
    def _not_too_large(cls, height: int | None, info: ValidationInfo) -> int | None:
        _check_size(info.data.get("width"), height)
        return height

    @field_validator("aspect")
    @classmethod
    def _not_too_large_either(cls, aspect: str | None, info: ValidationInfo) -> str | None:
        if aspect is not None:
            _check_size(*_size(info.data.get("width"), info.data.get("height"), aspect))
        return aspect

    @model_validator(mode="after")
    def _size_is_whole(self) -> "CanvasSpec":
        if self.aspect is None and (self.width is None) != (self.height is None):
            raise ValueError("give width and height, or one of them and aspect")
        return self

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in px, or None where they follow from the subject."""
        width, height = _size(self.width, self.height, self.aspect)
        return None if width is None or height is None else (width, height)


def ratio(aspect: str) -> float:
    """Width divided by height."""
    width, height = aspect.split(":")
    return int(width) / int(height)


def _size(width: int | None, height: int | None, aspect: str | None) -> tuple[int | None, int | None]:
    """The two sides, the one that is not given from the other."""
    if aspect is not None and height is None and width is not None:
        return width, max(1, round(width / ratio(aspect)))
    if aspect is not None and width is None and height is not None:
        return max(1, round(height * ratio(aspect))), height
    return width, height


def _check_size(width: int | None, height: int | None) -> None:
    if width and height and width * height > _MAX_MEGAPIXELS * 1_000_000:
        raise ValueError(f"at most {_MAX_MEGAPIXELS} megapixels")
