"""What every part of a specification is: frozen, complete, and closed to unknown fields."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""In JSON `2.0` is a whole number, too, though it is read strictly. Behind the bounds, or no schema has them."""

Color = Annotated[
    str,
    StringConstraints(pattern=r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$"),
    Field(json_schema_extra={"format": "color"}),
]
"""`#rgb`, `#rgba`, `#rrggbb` or `#rrggbbaa`."""


class Spec(BaseModel):
    """A part of what a caller asks for."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        cache_strings="keys",  # as in shared/jobs/results.py
    )
