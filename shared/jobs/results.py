"""What each stage leaves in the record when it commits."""

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Result(BaseModel):
    """A part of the record."""

    # Of values pydantic would keep 16,384, and most are keys of files and ids, which are never seen again.
    model_config = ConfigDict(frozen=True, extra="ignore", cache_strings="keys")


class InputFacts(Result):
    """The picture of a job."""

    key: str
    width: int
    height: int
    bytes: int
    content_type: str
    sha256: str

    @property
    def megapixels(self) -> int:
        """What it counts for: rounded up, at least 1."""
        return megapixels(self.width, self.height)


class Quality(Result):
    """What can be said of a matte without knowing the truth."""

    coverage: float
    """Share of the photo that is subject, 0..1."""
    confidence: float
    """How sure the network is, 0..1: 1 where every pixel is plainly subject or background."""
    flags: tuple[str, ...] = ()


class ModelUsed(Result):
    """Which network made the matte."""

    name: str
    weights_sha256: str
    license: str
    commercial_use: bool | Literal["ask"]
    """`ask`: nobody says whether the weights may be used so."""


class Ingested(Result):
    """After `ingest`."""

    input: InputFacts


class Segmented(Result):
    """After `segment`."""

    matte_key: str
    model: ModelUsed
    quality: Quality
    seconds: float = 0.0
    """How long the matte took, once the model was loaded."""
    reused_matte_of: str | None = None
    """The job that made this matte, where it was not made anew."""


class Upscaled(Result):
    """After `upscale`."""

    cutout_key: str
    model: ModelUsed


class OutputFile(Result):
    """One file the job made."""

    name: str
    model: str
    key: str
    content_type: str
    width: int
    height: int
    bytes: int
    sha256: str


class Rendered(Result):
    """After `render`."""

    outputs: tuple[OutputFile, ...]
    flags: tuple[str, ...] = ()
    agreement: dict[str, float] = {}
    """Of a comparison, by model: its matte's overlap (IoU) with what most of the models say, 0..1."""


RESULTS: dict[str, type[Result]] = {
    "ingest": Ingested,
    "segment": Segmented,
    "upscale": Upscaled,
    "render": Rendered,
}


def megapixels(width: int, height: int) -> int:
    """What a picture of this size in px counts for: rounded up, at least 1. As in lua/commit.lua."""
    return max(1, math.ceil(width * height / 1_000_000))
