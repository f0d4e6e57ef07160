"""The parameters of `POST /v1.0/removebg`: their names, values and defaults are remove.bg's."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from PIL import ImageColor
from pydantic import AnyHttpUrl, BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema

from api.removebg.lengths import NONE, Length, read_lengths, read_percentages
from api.removebg.refusals import Mistake, Refusal

SOURCES = ("image_file", "image_file_b64", "image_url")
BACKGROUNDS = ("bg_color", "bg_image_url", "bg_image_file")
FILES = ("image_file", "bg_image_file")
IMPROVING = (*SOURCES, "image_filename", "tag")
"""Parameters of `POST /v1.0/improve`."""
_IGNORED = ("shadow_method",)
"""Removed by remove.bg in April 2021: accepted, without effect."""

_MOST_MARGIN_PERCENT = 50
_MOST_MARGIN_PX = 500
_OPACITY = re.compile(r"\d{1,3}(\.\d{1,6})?%?")
_HEX = re.compile(r"#?([0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})")
_VALUE = ("size", "channels")
"""Of these remove.bg says it in other words than of the rest."""


def _read_color(text: str) -> str:
    """`#rgb`, `#rgba`, `#rrggbb` or `#rrggbbaa`."""
    if found := _HEX.fullmatch(text):
        return f"#{found[1].lower()}"
    if text.lower() not in ImageColor.colormap:
        raise ValueError("a hex colour such as 81d4fa, with or without alpha, or a colour's name")
    # Not what stands in the map: Pillow writes numbers over the words that it has looked up once.
    return "#{:02x}{:02x}{:02x}".format(*ImageColor.getrgb(text.lower()))


def _read_roi(text: str) -> tuple[Length, ...]:
    lengths = read_lengths(text)
    if len(lengths) != 4:
        raise ValueError("four lengths: x1 y1 x2 y2")
    return lengths


def _read_margin(text: str) -> tuple[Length, ...]:
    """Top, right, bottom, left."""
    lengths = read_lengths(text)
    if len(lengths) not in (1, 2, 4):
        raise ValueError(
            "one length, two (top and bottom, left and right) or four (top, right, bottom, left)"
        )
    for length in lengths:
        most = _MOST_MARGIN_PERCENT if length.is_percent else _MOST_MARGIN_PX
        if not 0 <= length.number <= most:
            raise ValueError(f"from 0 to {_MOST_MARGIN_PERCENT}% or {_MOST_MARGIN_PX}px")
    return (lengths * 4)[:4]


def _read_scale(text: str) -> float | None:
    if text == "original":
        return None
    percentages = read_percentages(text)
    if len(percentages) != 1 or not 10 <= percentages[0] <= 100:
        raise ValueError("`original`, or from 10% to 100%")
    return percentages[0]


def _read_position(text: str) -> tuple[float, float] | Literal["original"]:
    """Percent of the free space to the left of the subject, and above it."""
    if text == "original":
        return "original"
    percentages = (50.0,) if text == "center" else read_percentages(text)
    if len(percentages) not in (1, 2) or not all(0 <= one <= 100 for one in percentages):
        raise ValueError("`original`, `center`, or one or two percentages from 0% to 100%")
    return percentages[0], percentages[-1]


def _read_opacity(text: str) -> float | None:
    if text == "auto":
        return None
    if not _OPACITY.fullmatch(text) or float(text.removesuffix("%")) > 100:
        raise ValueError("`auto`, or from 0 to 100")
    return float(text.removesuffix("%"))


def _text(example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "examples": [example]})


class Parameters(BaseModel):
    """What is to be done with the picture, and what shall come back."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, arbitrary_types_allowed=True
    )

    size: Literal["preview", "small", "regular", "medium", "hd", "full", "4k", "50MP", "auto"] = "preview"
    """Most pixels of the result: `preview`, `small`, `regular` 0.25 megapixels, `medium` 1.5, `hd` 4, `full`, `4k`
    and `auto` 25, `50MP` 50; a PNG has at most 10. Nothing is enlarged."""
    type: Literal[
        "auto", "person", "product", "car", "animal", "graphic", "graphics", "transportation", "other"
    ] = "auto"
    """What the picture shows. It is not detected: `X-Type` says what you said, or `other`."""
    type_level: Literal["none", "1", "2", "latest"] = "1"
    """How finely `X-Type` names it; `none` leaves it out."""
    format: Literal["auto", "png", "jpg", "webp", "zip"] = "auto"
    """`auto`: JPEG over an opaque background, PNG otherwise. `zip` holds `color.jpg` and `alpha.png`."""
    roi: Annotated[tuple[Length, ...] | None, BeforeValidator(_read_roi), _text("0% 0% 100% 100%")] = None
    """`x1 y1 x2 y2` in px or %; outside of it is background."""
    crop: bool = False
    """Cut away the empty border."""
    crop_margin: Annotated[tuple[Length, ...], BeforeValidator(_read_margin), _text("30px")] = (NONE,) * 4
    """What `crop` leaves round the subject: one, two or four lengths."""
    scale: Annotated[float | None, BeforeValidator(_read_scale), _text("80%")] = None
    """How much of the canvas the subject fills; puts it in the centre unless `position` says otherwise."""
    position: Annotated[
        tuple[float, float] | Literal["original"] | None, BeforeValidator(_read_position), _text("50% 50%")
    ] = None
    """Where the subject stands."""
    channels: Literal["rgba", "alpha"] = "rgba"
    """`alpha` gives the matte alone."""
    shadow_type: Literal["none", "auto", "drop", "3D", "car"] = "none"
    """A shadow under the subject."""
    shadow_opacity: Annotated[float | None, BeforeValidator(_read_opacity), _text("auto")] = None
    """`auto`, or from 0 to 100."""
    add_shadow: bool = False
    """Deprecated: `shadow_type=car` where `type` is `car`."""
    semitransparency: bool = True
    """`false` makes whatever is half transparent one or the other."""
    bg_color: Annotated[str | None, BeforeValidator(_read_color), _text("81d4fa")] = None
    """A colour behind the subject: hex, or its name."""
    bg_image_url: AnyHttpUrl | None = None
    """A picture behind the subject, covering all."""


def read_parameters(fields: Mapping[str, str]) -> Parameters:
    """What is asked for. Raises Refusal naming each mistake."""
    ours = (*SOURCES, *FILES, *_IGNORED)
    given = {name: text for name, text in fields.items() if name not in ours}
    try:
        return Parameters.model_validate(given)
    except ValidationError as error:
        raise Refusal(400, *(_mistake(one) for one in error.errors(include_url=False))) from None


def check_names(given: Iterable[str], known: Sequence[str] = FILES) -> None:
    """Nothing but what is known. Raises Refusal."""
    if unknown := [_unknown(name) for name in given if name not in known]:
        raise Refusal(400, *unknown)


def _unknown(name: str) -> Mistake:
    return Mistake(f"Unknown parameter '{name}'", "unknown_parameter")


def _mistake(found: Any) -> Mistake:
    name = str(found["loc"][0])
    detail = str(found["msg"]).removeprefix("Value error, ")
    if found["type"] == "extra_forbidden":
        return _unknown(name)
    if name in _VALUE:
        return Mistake(f"Invalid value for parameter '{name}'", f"invalid_{name}", detail)
    return Mistake(f"Invalid {name} parameter given", f"invalid_{name}", detail)
