"""How much an upscaler denoises: networks between two sets of weights.

Deep network interpolation (Wang et al., CVPR 2019) as in xinntao/Real-ESRGAN a4abfb29 `inference_realesrgan.py`:
strength · weights + (1 - strength) · partner's weights, tensor by tensor.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save_file

from worker.inference.checkpoint import read_state_dict

if TYPE_CHECKING:
    from worker.inference.checkpoint import Shapes
    from worker.upscaling.runtime import TileNetwork

_STEPS = 20
"""Strengths are rounded to a twentieth: each is a file of its own, and finer steps cannot be seen."""


class Strengths:
    """Networks by strength; the one used last stays loaded. Thread-safe."""

    def __init__(self, load: Callable[[float], "TileNetwork"]) -> None:
        """`load` gets a multiple of a twentieth, below 1."""
        self._load = load
        self._lock = Lock()
        self._last: tuple[float, TileNetwork] | None = None

    def get(self, strength: float) -> "TileNetwork":
        """The network of a rounded strength; what `load` raises comes through."""
        with self._lock:
            if self._last is None or self._last[0] != strength:
                self._last = None  # two need not be in memory at once
                self._last = (strength, self._load(strength))
            return self._last[1]

    def park(self) -> None:
        """Leave the device's memory."""
        with self._lock:
            self._last = None


def rounded(strength: float) -> float:
    """To the nearest twentieth."""
    return round(strength * _STEPS) / _STEPS


def mixed(weights: Path, partner: Path, strength: float, shapes: "Shapes") -> Path:
    """The mixture's file beside `weights`, made once. Raises ModelUnavailable where one of the two is damaged."""
    partner_mark = partner.stem.rpartition("-")[2]
    path = weights.with_name(f"{weights.stem}-{partner_mark}-{round(100 * strength)}.safetensors")
    if not path.exists():
        own, others = (read_state_dict(file, shapes) for file in (weights, partner))
        share = np.float32(strength)
        state = {key: share * own[key] + (1 - share) * others[key] for key in own}
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".mix-") as folder:
            save_file(state, Path(folder) / path.name)
            os.replace(Path(folder) / path.name, path)
    return path
