"""One of several renderings of the same cut-out."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.spec.base import Spec
from shared.spec.effects import EffectSpec
from shared.spec.output import OutputSpec

VariantName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$")]


def extra_name(part: str, extra: str) -> str:
    """The output's name of what comes beside a result; `part` is a variant's name, or empty."""
    return f"{part}-{extra}" if part else extra


class VariantSpec(Spec):
    """A rendering: what is painted, and the file that comes of it."""

    name: VariantName
    """Name of its output; what comes beside it is called `<name>-matte` and the like."""
    effects: tuple[EffectSpec, ...] = Field(default=(), max_length=20)
    """Applied in this order."""
    output: OutputSpec = OutputSpec()
    """Format, channels and framing of the result."""

    @property
    def output_names(self) -> tuple[str, ...]:
        """Of every file it gives, its own first."""
        return (self.name, *(extra_name(self.name, extra) for extra in self.output.extras))
