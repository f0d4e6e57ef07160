"""What a family of networks says of itself; a module of `families` holds one as `FAMILY`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from shared.catalog import ModelCard
from worker.imaging.types import Rgb
from worker.inference.recipe import Keys
from worker.segmentation.matte import Matte, stretched

Reduce = Callable[[Rgb, int], NDArray[Any]]
"""A picture for a network of this side: (h, w, 3) uint8, or float32 of 0..255."""
Restore = Callable[[Matte, int, int], Matte]
"""From the network's size to a width and a height."""
Part = Callable[[int, int, int], tuple[slice, slice]]
"""From a photo's width and height and the network's side to rows and columns."""
Finish = Literal["sigmoid", "not_background", "none"]
"""What makes a matte of the network's output: logits, logits of classes (0 is the background), a matte."""

Colour = tuple[float, float, float]
IMAGENET: tuple[Colour, Colour] = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and deviation."""


@dataclass(frozen=True, slots=True)
class Levels:
    """What the graph makes of bytes: (x / white - mean) / deviation, by colour."""

    mean: Colour
    deviation: Colour
    by_brightest: bool = False
    """Whether white is the picture's largest value instead of 255."""


def _no_options(_card: ModelCard) -> Mapping[str, Any]:
    return {}


def _square(side: int) -> tuple[int, int]:
    return side, side


def _as_it_is(network: Any) -> Any:
    return network


@dataclass(frozen=True, slots=True)
class Family:
    """How a family of networks wants its input and what its output means."""

    levels: Levels
    reduce: Reduce
    restore: Restore
    stretch: Literal["never", "small", "full"] = "never"
    """Whether the matte is stretched to 0..1: in the network's size, or in the photo's. Part of some methods; it
    makes the matte depend on the whole picture, so that one without a subject gets full contrast too."""
    finish: Finish = "sigmoid"
    part: Part | None = None
    """Where the photo lies in what the network sees, when that is not all of it."""
    shape: Callable[[int], tuple[int, int]] = _square
    """Height and width of what goes in, by the network's side."""
    inside: Callable[[Any], Any] = _as_it_is
    """What is put around the torch network before anything else."""
    any_size: bool = False
    """Whether the network sees pictures in their own aspect."""
    dtype: Literal["uint8", "float32"] = "uint8"
    """Of the picture that goes in."""
    keys: Keys = field(default_factory=Keys)
    options: Callable[[ModelCard], Mapping[str, Any]] = _no_options
    """What the network is built with."""

    def prepare(self, rgb: Rgb, card: ModelCard) -> NDArray[Any]:
        """A batch of one: (1, h, w, 3)."""
        if card.input_size is None:
            raise ValueError(f"{card.name} has no input size")
        # Torch wants what it is given to be writable; Pillow's pictures are not.
        return np.require(self.reduce(rgb, card.input_size)[None], self.dtype, ("C", "W"))

    def read(self, output: NDArray[np.float32], card: ModelCard) -> Matte:
        """The matte in the network's size."""
        matte = np.asarray(output[0, 0], np.float32)
        return stretched(matte) if self.stretch == "small" else matte

    def trim(self, matte: Matte, width: int, height: int) -> Matte:
        """The part of a matte that shows a photo of this size, still in the network's, for refinement."""
        shown = matte if self.part is None else matte[self.part(width, height, matte.shape[0])]
        return stretched(shown) if self.stretch == "full" else shown

    def enlarge(self, matte: Matte, width: int, height: int) -> Matte:
        """The matte in the photo's size, as the official code brings it there."""
        shown = matte if self.part is None else matte[self.part(width, height, matte.shape[0])]
        full = self.restore(shown, width, height)
        return stretched(full) if self.stretch == "full" else full
