"""A length in pixels, or in percent of something: `30px`, `12.5%`."""

from typing import Annotated

from pydantic import StringConstraints

Length = Annotated[str, StringConstraints(pattern=r"^\d{1,3}(\.\d{1,6})?(px|%)$")]


def in_px(length: str, whole_px: float) -> float:
    """`length` in px, `whole_px` being 100 %."""
    if length.endswith("%"):
        return float(length.removesuffix("%")) * whole_px / 100
    return float(length.removesuffix("px"))
