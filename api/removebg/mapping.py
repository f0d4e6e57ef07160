"""From remove.bg's parameters to the job that does the same."""

import math
from typing import Any

from api.removebg.lengths import Length
from api.removebg.parameters import Parameters
from api.removebg.refusals import bad_request
from shared.picture import PictureFacts

MATTE = "matte"
"""The output that shows where the subject is."""

_MEGAPIXELS = {"medium": 1.5, "hd": 4.0, "full": 25.0, "4k": 25.0, "auto": 25.0, "50MP": 50.0}
_PREVIEW_MEGAPIXELS = 0.25
_PNG_MEGAPIXELS = 10.0
_FORMATS = {"jpg": "jpeg", "png": "png", "webp": "webp", "zip": "zip"}
_SHADOWS: dict[str, dict[str, Any]] = {
    "drop": {"type": "drop_shadow"},
    "3D": {"type": "contact_shadow"},
    "car": {"type": "contact_shadow", "length": 0.0},
}
_HARD_EDGE = 20.0
"""Slope of the matte without half-transparency: edges stay smooth, glass does not stay."""


def job_document(asked: Parameters, facts: PictureFacts, background: dict[str, Any] | None) -> dict[str, Any]:
    """The JobSpec, as JSON has it. Raises Refusal."""
    shadow = _shadow(asked)
    effects = [effect for effect in (shadow, background) if effect]
    return {
        "roi": _roi(asked.roi, facts),
        "mask": {} if asked.semitransparency else {"contrast_boost": _HARD_EDGE},
        "effects": effects,
        "output": _output(asked, facts, effects),
        "metadata": {"api": "removebg"},
    }


def background_of(asked: Parameters) -> dict[str, Any] | None:
    """What `bg_color` or `bg_image_url` puts behind the subject."""
    if asked.bg_color:
        return {"type": "background", "color": asked.bg_color}
    if asked.bg_image_url:
        return {"type": "background", "image": {"url": str(asked.bg_image_url)}}
    return None


def most_megapixels(asked: Parameters, file_format: str) -> float:
    """How large the result may be."""
    most = _MEGAPIXELS.get(asked.size, _PREVIEW_MEGAPIXELS)
    return min(most, _PNG_MEGAPIXELS) if file_format == "png" else most


def _output(asked: Parameters, facts: PictureFacts, effects: list[dict[str, Any]]) -> dict[str, Any]:
    file_format = _format(asked, effects)
    output: dict[str, Any] = {
        "format": file_format,
        "channels": "rgba" if file_format == "zip" else asked.channels,
        "max_megapixels": most_megapixels(asked, file_format),
        "include_matte": True,
        "crop": asked.crop,
    }
    if asked.crop:
        output["crop_margins"] = [str(margin) for margin in asked.crop_margin]
    elif effects:
        # What a shadow adds beyond the picture is cut off: the result has the picture's size.
        output["canvas"] = [facts.width, facts.height]
    if asked.scale is not None:
        output["scale"] = asked.scale
    if asked.position not in (None, "original"):
        output["position"] = asked.position
    return output


def _format(asked: Parameters, effects: list[dict[str, Any]]) -> str:
    if asked.format != "auto":
        return _FORMATS[asked.format]
    if asked.channels == "alpha":
        return "png"
    return "jpeg" if any(_is_opaque(effect) for effect in effects) else "png"


def _is_opaque(effect: dict[str, Any]) -> bool:
    """Whether it leaves nothing transparent."""
    color = effect.get("color", "")
    return effect["type"] == "background" and (len(color) in (0, 4, 7) or color.endswith("ff"))


def _shadow(asked: Parameters) -> dict[str, Any] | None:
    kind: str = asked.shadow_type
    if kind == "none" and asked.add_shadow and asked.type == "car":
        kind = "car"
    if kind == "auto":
        kind = "car" if asked.type == "car" else "drop"
    if kind == "none":
        return None
    strength = {} if asked.shadow_opacity is None else {"opacity": asked.shadow_opacity / 100}
    return {**_SHADOWS[kind], **strength}


def _roi(lengths: tuple[Length, ...] | None, facts: PictureFacts) -> list[int] | None:
    if lengths is None:
        return None
    width, height = facts.width, facts.height
    x1, y1, x2, y2 = (length.of(whole) for length, whole in zip(lengths, (width, height) * 2, strict=True))
    if min(x1, y1, x2, y2) < 0 or max(x1, x2) > width or max(y1, y2) > height:
        detail = f"the image has {width} x {height} px"
        raise bad_request("The roi exceeds the bounds of the image", "roi_exceeds_bounds", detail)
    box = [math.floor(x1), math.floor(y1), math.ceil(x2), math.ceil(y2)]
    if x1 >= x2 or y1 >= y2:
        raise bad_request(
            "The roi is empty", "roi_region_empty", "x1 must be less than x2, and y1 less than y2"
        )
    return None if box == [0, 0, width, height] else box
