"""What stands behind a question mark, and what of it counts."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Query(BaseModel):
    """Parameters behind the question mark."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Selection(Query):
    """Parameters that choose among things: one left empty, as forms and templates send it, chooses nothing."""

    @model_validator(mode="before")
    @classmethod
    def _given(cls, parameters: Any) -> Any:
        return {name: text for name, text in parameters.items() if text != ""}
