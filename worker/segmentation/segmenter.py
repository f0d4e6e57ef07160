"""A loaded model: photo in, matte out, whatever the network behind it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from shared.catalog import ModelCard
from worker.imaging.types import Rgb
from worker.inference.recipe import Network, copies, parked, tune
from worker.segmentation.family import Restore
from worker.segmentation.matte import Matte, bilinear

__all__ = ["Matte", "Network", "Reading", "Segmenter"]


class Reading(Protocol):
    """What a segmenter asks of its family; of a `Family`, which has `trim` and `enlarge`, it uses these too."""

    def prepare(self, rgb: Rgb, card: ModelCard) -> NDArray[Any]:
        """A batch of one from an sRGB picture."""

    def read(self, output: NDArray[np.float32], card: ModelCard) -> Matte:
        """The matte in the network's own size."""


@dataclass(frozen=True, slots=True, eq=False)
class Segmenter:
    """A family and a network."""

    card: ModelCard
    family: Reading
    network: Network

    def small_matte(self, srgb: Rgb) -> Matte:
        """The matte of a photo in the network's own size, for refinement against the photo."""
        small = self.family.read(self.network.infer(self.family.prepare(srgb, self.card)), self.card)
        trim = getattr(self.family, "trim", None)
        return small if trim is None else np.asarray(trim(small, srgb.shape[1], srgb.shape[0]))

    def matte(self, srgb: Rgb) -> Matte:
        """The matte of a photo in the photo's own size, as the official code makes it."""
        height, width = srgb.shape[:2]
        return self.enlarge(self.network.infer(self.family.prepare(srgb, self.card)), width, height)

    def enlarge(self, output: NDArray[np.float32], width: int, height: int) -> Matte:
        """The network's output as a matte of this size."""
        enlarge: Restore = getattr(self.family, "enlarge", bilinear)
        return enlarge(self.family.read(output, self.card), width, height)

    @property
    def copies(self) -> float:
        """How often its memory is taken."""
        return copies(self.network)

    def tune(self, weights: Path) -> None:
        """Find out how many photos at once are worth it, where the network can take several; 20 s and more."""
        tune(self.network, weights)

    def park(self) -> bool:
        """Leave the device's memory for the host's, where the network can; it comes back when it is used."""
        return parked(self.network)
