"""What every view is, and how it writes a moment."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    datetime, PlainSerializer(_rfc3339), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""RFC 3339 in UTC with a `Z`."""


class View(BaseModel):
    """Something we answer."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, from_attributes=True)


def moment(unix_seconds: float) -> datetime:
    """A record's time as a view has it."""
    return datetime.fromtimestamp(unix_seconds, UTC)
