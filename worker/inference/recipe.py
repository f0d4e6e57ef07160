"""What the runtime is told of a network: how to build it, what goes in, how exact it has to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

Precision = Literal["bf16", "f32"]
"""On a CPU. `bf16`: where the processor has instructions for it, float32 elsewhere; `f32`: always exact."""

Passes = Literal["eager", "recorded", "compiled"]
"""How a GPU gets its work: call by call; recorded once for each shape; through torch.compile, and then recorded."""


class Network(Protocol):
    """A network on a device."""

    def infer(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The output for a batch of the recipe's shape; safe from several threads."""


def parked(network: Network) -> bool:
    """Send a network to the host's memory; False where it cannot go there."""
    park: Callable[[], None] | None = getattr(network, "park", None)
    if park is None:
        return False
    park()
    return True


def tune(network: Network, weights: Path) -> None:
    """Let a network find out how many pictures at once are worth it, where it can take several."""
    tuning: Callable[[Path], None] | None = getattr(network, "tune", None)
    if tuning is not None:
        tuning(weights)


def copies(network: Network) -> float:
    """How often a network takes the memory that the catalogue says: more than once where it runs several at once."""
    return float(getattr(network, "copies", 1))


@dataclass(frozen=True, slots=True)
class Keys:
    """How the keys of published files differ from the network's own."""

    renamed: tuple[tuple[str, str], ...] = ()
    """Prefixes, each with what stands there in the network."""
    ignored: tuple[str, ...] = ()
    """Parts of keys (in small letters) that are of no use: training-only modules of the official code."""
    optional: tuple[str, ...] = ()
    """Prefixes of the network's keys that inference never reads, and that some files leave out."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A network that can be made from a weights file."""

    name: str
    """Of the network, with the options that change its arithmetic: part of a converted graph's file name."""
    build: Callable[[], nn.Module]
    """The network without weights; called only where torch is installed."""
    wrap: Callable[[nn.Module], nn.Module]
    """Puts around it what belongs into the graph: bytes to numbers before, the last activation behind."""
    shape: tuple[int, int, int, int]
    """(batch, height, width, channels) of the input, -1 where any size goes."""
    precision: Precision
    dtype: Literal["uint8", "float32"] = "uint8"
    """Of the input."""
    on_cuda: Literal["bf16", "fp16", "f32"] = "bf16"
    """What a GPU computes in; normalisations and softmax stay float32."""
    keys: Keys = field(default_factory=Keys)

    def example(self) -> NDArray[Any]:
        """An input to trace with."""
        return np.zeros([side if side > 0 else 256 for side in self.shape], self.dtype)
