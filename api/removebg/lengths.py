"""Lengths as remove.bg writes them: `30px`, `12.5%`."""

import re
from dataclasses import dataclass

_LENGTH = re.compile(r"(-?\d{1,6}(?:\.\d{1,6})?)(px|%)")


@dataclass(frozen=True, slots=True)
class Length:
    """A number of pixels, or of percent of something."""

    number: float
    is_percent: bool

    def __str__(self) -> str:
        """As a job has it."""
        return f"{self.number:.6f}".rstrip("0").rstrip(".") + ("%" if self.is_percent else "px")

    def of(self, whole_px: float) -> float:
        """In pixels, `whole_px` being all."""
        return self.number * whole_px / 100 if self.is_percent else self.number


NONE = Length(0, is_percent=False)


def read_lengths(text: str) -> tuple[Length, ...]:
    """Lengths with blanks between. Raises ValueError."""
    return tuple(_length(part) for part in text.split())


def read_percentages(text: str) -> tuple[float, ...]:
    """Percentages with blanks between. Raises ValueError."""
    lengths = read_lengths(text)
    if not all(length.is_percent for length in lengths):
        raise ValueError("percentages, as `50%`")
    return tuple(length.number for length in lengths)


def _length(text: str) -> Length:
    found = _LENGTH.fullmatch(text)
    if not found and text != "0":
        raise ValueError("a length is a number and `px` or `%`, as `30px` or `10%`")
    return Length(float(found[1]), found[2] == "%") if found else NONE
