"""A loaded model: photo in, matte out, whatever the network behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.catalog import ModelCard
from worker.imaging.types import Rgb

Matte = NDArray[np.float32]
"""(H, W), 0 background .. 1 subject."""
Restore = Callable[[Matte, int, int], Matte]
"""From the network's size to a width and a height."""


class Network(Protocol):
    """A network on a device."""

    def infer(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """The first output for a batch that the family prepared."""


class Family(Protocol):
    """How a family of networks wants its input and what its output means; a module of `families`.

    One whose official code does not enlarge bilinearly also has `restore(matte, width, height)`.
    """

    def prepare(self, rgb: Rgb, card: ModelCard) -> NDArray[Any]:
        """A batch of one from an sRGB picture."""

    def read(self, output: NDArray[np.float32], card: ModelCard) -> Matte:
        """The matte in the network's own size."""


@dataclass(frozen=True, slots=True, eq=False)
class Segmenter:
    """A family and a network."""

    card: ModelCard
    family: Family
    network: Network

    def matte(self, srgb: Rgb) -> Matte:
        """The matte of a photo in the photo's own size."""
        height, width = srgb.shape[:2]
        return self.enlarge(self.network.infer(self.family.prepare(srgb, self.card)), width, height)

    def small_matte(self, srgb: Rgb) -> Matte:
        """The matte of a photo in the network's own size, for refinement against the photo."""
        return self.family.read(self.network.infer(self.family.prepare(srgb, self.card)), self.card)

    def enlarge(self, output: NDArray[np.float32], width: int, height: int) -> Matte:
        """The network's output as a matte of this size; bilinearly where the family says nothing else."""
        small = self.family.read(output, self.card)
        restore: Restore = getattr(self.family, "restore", _resize_bilinearly)
        return restore(small, width, height)


def _resize_bilinearly(matte: Matte, width: int, height: int) -> Matte:
    return np.asarray(cv2.resize(matte, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
