"""What one photo costs a worker, in seconds."""

import json
from dataclasses import dataclass
from pathlib import Path

MEASURED = Path(__file__).parents[1] / "results" / "stages.json"
"""Written by `python -m benchmarks.stages`, on one thread of the machine that it names."""

_BEFORE = ("decode", "to sRGB", "prepare")
_AFTER = ("refine", "assess", "matte file", "store")
_RENDER = ("foreground", "encode", "store")


@dataclass(frozen=True, slots=True)
class StageSeconds:
    """One photo's way through the stages. Core seconds, but for `inference` and `waiting`."""

    before: float
    """Decoding and preparing, on a core of the worker that segments."""
    inference: float
    """On the worker's device: one at a time."""
    after: float
    """Refining and writing the matte."""
    render: float
    """Foreground, effects, encoding."""
    fetch: float = 0.0
    """Reading photo and matte again, where another worker renders than segments."""
    waiting: float = 0.0
    """For storage and Redis, in each stage: a thread is held, no core."""


def measured_sizes() -> dict[str, StageSeconds]:
    """By size of the photo, as `benchmarks.stages` found them."""
    rows = json.loads(MEASURED.read_text())["rows"]
    return {row["size"]: _of(row) for row in rows}


def _of(row: dict[str, float]) -> StageSeconds:
    return StageSeconds(
        before=sum(row[part] for part in _BEFORE),
        inference=row["inference"],
        after=sum(row[part] for part in _AFTER),
        render=sum(row[part] for part in _RENDER),
        fetch=row["decode"] + row["to sRGB"],
    )
