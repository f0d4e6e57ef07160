"""Super-resolution networks on tiles of one fixed side.

**float32 on the CPU.** bf16 (OpenVINO's default where the processor has it) is twice as fast but not close
enough: largest and mean difference to torch in 8-bit levels, real weights, ×4, a 256² (RRDB: 128²) crop of a
portrait: realesr-animevideov3 3 and 0.22, realesr-general-x4v3 5 and 0.33, realesrgan-x4plus-anime 8 and
0.35, realesrgan-x4plus 9 and 0.52. Adding the compact networks' base picture outside the graph still leaves
2 and 0.14, 5 and 0.21. In float32 it is 1 and 0.0001 at most.
"""

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import structlog

from shared.catalog import ModelCard
from shared.errors import OutOfMemory
from worker.inference.checkpoint import Shapes
from worker.inference.loading import load_network
from worker.inference.recipe import Network, Passes, Recipe, parked
from worker.inference.torch_room import torch_network
from worker.upscaling.tiles import Pixels

if TYPE_CHECKING:
    from torch import nn

_log = structlog.get_logger(__name__)


class TileNetwork(Protocol):
    """A network that enlarges square RGB tiles of one side."""

    side_px: int
    """Side of a tile going in."""
    scale: int
    """How many times larger a tile comes out."""
    at_once: int
    """How many are worth giving it at once."""

    def run(self, tiles: Pixels) -> Pixels:
        """Enlarge uint8 (N, side, side, 3) to (N, scale·side, scale·side, 3); safe from several threads."""

    def park(self) -> bool:
        """Leave the device's memory for the host's; False where that is the same."""


@dataclass(slots=True)
class Tiles:
    """A network of the inference room as one for tiles."""

    network: Network
    side_px: int
    scale: int
    at_once: int = 1

    def run(self, tiles: Pixels) -> Pixels:
        """Enlarge them, in halves where memory does not suffice; OutOfMemory where it does not for one alone."""
        fit = self.at_once
        if len(tiles) > fit:
            return np.concatenate(
                [self.run(tiles[start : start + fit]) for start in range(0, len(tiles), fit)]
            )
        try:
            return np.asarray(self.network.infer(tiles), np.uint8)
        except OutOfMemory:
            if len(tiles) == 1:
                raise
            self.at_once = min(self.at_once, (len(tiles) + 1) // 2)
            _log.warning("tiles_halved", at_once=self.at_once)
            return self.run(tiles)

    def park(self) -> bool:
        """Leave the device's memory for the host's, where the network can; it comes back when it is used."""
        return parked(self.network)


def load_tiles(  # noqa: PLR0913 what a network is made from, and what it runs on
    card: ModelCard,
    weights: Path,
    *,
    device: str,
    side_px: int,
    passes: Passes = "eager",
    max_batch: int = 1,
) -> TileNetwork:
    """Load the network `card.arch` for tiles of `side_px`, of which a GPU gets `max_batch` at once.

    A CPU gains nothing from more than one. Raises what `load_network` raises.
    """
    network = load_network(recipe(card, side_px), weights, device=device, passes=passes)
    return Tiles(network, side_px, card.scale, max_batch if device == "cuda" else 1)


def shapes(card: ModelCard) -> Shapes:
    """The official keys of a catalogue row's network. Raises ModelUnavailable where torch is missing."""
    torch_network()
    return {key: tuple(value.shape) for key, value in _build(card.arch).state_dict().items()}


def recipe(card: ModelCard, side_px: int) -> Recipe:
    """How the runtime makes the network of a catalogue row."""
    shape = (1, side_px, side_px, 3)
    return Recipe(card.arch, partial(_build, card.arch), _wrap, shape, precision="f32", on_cuda="fp16")


def _build(arch: str) -> "nn.Module":
    network: nn.Module = import_module("worker.upscaling.arch").build(arch)
    return network


def _wrap(network: "nn.Module") -> "nn.Module":
    wrapped: nn.Module = import_module("worker.upscaling.arch.pixels").PixelNetwork(network)
    return wrapped
