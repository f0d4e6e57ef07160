"""Real-ESRGAN on a cut-out, alpha preserved: the one door into this room.

Colours are bled under the transparent pixels and go through the network; alpha goes apart and is recombined
(`recombine`); sizes below the network's are reached by area averaging. Fully transparent and fully opaque
regions stay exactly so, and what was hidden under alpha 0 has no influence.

The colours must be the subject's own. Where they are the untouched photo ("dirty": background mixed into soft
pixels) the caller decontaminates first, which is worth another 2.6 to 3 dB on edges; it is not done here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from shared.catalog import ModelCard
from shared.errors import ModelUnavailable, SettingsInvalid
from worker.imaging.types import Alpha, Cutout, Rgb
from worker.inference.recipe import Passes
from worker.upscaling.bleed import bleed
from worker.upscaling.denoise import Strengths, mixed, rounded
from worker.upscaling.recombine import MARGIN_PX, recombine
from worker.upscaling.reduce import reduce
from worker.upscaling.runtime import TileNetwork, load_tiles, shapes
from worker.upscaling.tiles import Area, Pixels, Progress, Tile, Tiling, enlarge, part, rows_of_tiles

NETWORK_SHARE = 0.95  # of a pass's progress; the rest is recombination


class Upscaler:
    """A network that enlarges cut-outs. One may serve several threads."""

    def __init__(self, network: TileNetwork, pad_px: int, strengths: Strengths | None = None) -> None:
        """Use `network` on tiles with `pad_px` of context; ValueError where they are too small for it."""
        if network.side_px < _least_side(pad_px):
            raise ValueError(f"tiles need at least {_least_side(pad_px)} px with a pad of {pad_px} px")
        self._network = network
        self._strengths = strengths
        self._tiling = Tiling(network.side_px, pad_px, network.scale, network.at_once)

    @classmethod
    def load(  # noqa: PLR0913 what a network is made from, and what it runs on
        cls,
        card: ModelCard,
        weights: Path,
        *,
        device: str,
        tile_side_px: int,
        passes: Passes = "eager",
        max_batch: int = 1,
        partner: Callable[[], Path] | None = None,
    ) -> "Upscaler":
        """Load the network of a catalogue row from its weights file; ModelUnavailable where that cannot be.

        `partner` gives the file of the row's partner, and is called when it is first needed.

        `tile_side_px` counts the pads; it is rounded up to even, as one network folds its input 2×2. Raises
        SettingsInvalid where it is too small for the network. A GPU gets `max_batch` tiles at once.
        """
        if tile_side_px < _least_side(card.tile_pad_px):
            raise SettingsInvalid(
                f"upscale_tile_px must be at least {_least_side(card.tile_pad_px)} for {card.name}"
            )
        side_px = tile_side_px + tile_side_px % 2

        def network(file: Path) -> TileNetwork:
            return load_tiles(card, file, device=device, side_px=side_px, passes=passes, max_batch=max_batch)

        def at(strength: float, partner: Callable[[], Path]) -> TileNetwork:
            return network(mixed(weights, partner(), strength, shapes(card)))

        strengths = Strengths(lambda strength: at(strength, partner)) if partner else None
        return cls(network(weights), card.tile_pad_px, strengths)

    def denoising(self, strength: float | None) -> "Upscaler":
        """The same at a strength of 0 (keeps noise) .. 1 (takes it, as the network alone does); None: as it is.

        Raises ModelUnavailable where the partner's weights are not to be had, or the network has no partner.
        """
        if strength is None or rounded(strength) == 1:
            return self
        if self._strengths is None:
            raise ModelUnavailable("this network has no weights that denoise less")
        return Upscaler(self._strengths.get(rounded(strength)), self._tiling.pad_px)

    def park(self) -> bool:
        """Leave the device's memory for the host's, where the network can; it comes back when it is used."""
        if self._strengths:
            self._strengths.park()
        return self._network.park()

    def upscale(self, cutout: Cutout, scale: float, progress: Progress) -> Cutout:
        """Enlarge a cut-out `scale` times (at least 1); profile kept, frame scaled along.

        A scale beyond the network's takes several passes. `progress` is called with 0..1 after each tile and
        may raise to stop. RGB is 0 where the new alpha is 0.
        """
        height, width = (int(side * scale + 0.5) for side in cutout.alpha.shape)
        passes = self._passes(scale)
        rgb, alpha = cutout.rgb, cutout.alpha
        for done in range(passes):
            rgb, alpha = self._pass(rgb, alpha, part(progress, done / passes, (done + 1) / passes))
        rgb, alpha = reduce(rgb, alpha, height, width)
        return replace(cutout, rgb=rgb, alpha=alpha, frame=_scaled_frame(cutout, height, width))

    def _passes(self, scale: float) -> int:
        passes = 1
        while self._network.scale**passes < scale:
            passes += 1
        return passes

    def _pass(self, rgb: Rgb, alpha: Alpha, progress: Progress) -> tuple[Rgb, Alpha]:
        """Enlarge once by the network's scale."""
        rows = rows_of_tiles(alpha.shape[0], alpha.shape[1], self._tiling.core_px)
        tiles = [tile for row in rows for tile in row]
        visible = [tile for tile in tiles if self._around(alpha, tile).any()]
        soft = [tile for tile in visible if self._around(alpha, tile).min() < 255]
        network_ends = NETWORK_SHARE * len(visible) / max(1, len(visible) + len(soft))
        bled = bleed(rgb, alpha)
        large_rgb = enlarge(bled, self._network.run, self._tiling, visible, part(progress, 0, network_ends))
        large_alpha = self._enlarge_alpha(alpha, visible, soft, part(progress, network_ends, NETWORK_SHARE))
        soft_rows = [[tile for tile in row if tile in set(soft)] for row in rows]
        self._recombine(bled, alpha, large_rgb, large_alpha, soft_rows)
        progress(1.0)
        return large_rgb, large_alpha

    def _around(self, alpha: Alpha, tile: Tile) -> Alpha:
        """All the alpha that the network sees for a tile: where it is flat, its result is known."""
        return alpha[tile.area(margin_px=self._tiling.pad_px)]

    def _enlarge_alpha(
        self, alpha: Alpha, visible: Sequence[Tile], soft: Sequence[Tile], progress: Progress
    ) -> Alpha:
        """The network's own alpha in the `soft` tiles, 255 in the other visible ones, 0 elsewhere."""
        large = enlarge(alpha, self._run_grey, self._tiling, soft, progress)
        for tile in set(visible) - set(soft):
            large[tile.area(self._tiling.scale)] = 255
        return large

    def _run_grey(self, tiles: Pixels) -> Pixels:
        """Alpha as grey pictures through the same network, as the official code does (utils.py)."""
        large = self._network.run(np.repeat(tiles[..., None], 3, axis=3))
        stacked = cv2.cvtColor(large.reshape(-1, large.shape[2], 3), cv2.COLOR_RGB2GRAY)
        return np.asarray(stacked, np.uint8).reshape(large.shape[:3])

    def _recombine(
        self, rgb: Rgb, alpha: Alpha, large_rgb: Rgb, large_alpha: Alpha, rows: Sequence[Sequence[Tile]]
    ) -> None:
        """Correct the enlarged arrays in place; a row is written once the next has read what it needs."""
        scale, pending = self._tiling.scale, list[tuple[Area, Rgb, Alpha]]()
        for row in [*rows, []]:
            fresh = list[tuple[Area, Rgb, Alpha]]()
            for tile in row:
                small, large = tile.area(margin_px=MARGIN_PX), tile.area(scale, margin_px=MARGIN_PX)
                colours, alphas = recombine(rgb[small], alpha[small], large_rgb[large], large_alpha[large])
                core = tile.inside(MARGIN_PX, scale)
                fresh.append((tile.area(scale), colours[core].copy(), alphas[core].copy()))
            for area, colours, alphas in pending:
                large_rgb[area], large_alpha[area] = colours, alphas
            pending = fresh


def _least_side(pad_px: int) -> int:
    """The smallest tile: a core as wide as what `recombine` reads around it."""
    return 2 * pad_px + MARGIN_PX


def _scaled_frame(cutout: Cutout, height: int, width: int) -> tuple[int, int, int, int]:
    """The photo's frame on a canvas of `height` × `width`."""
    down, across = height / cutout.alpha.shape[0], width / cutout.alpha.shape[1]
    x, y, frame_width, frame_height = cutout.frame
    left, top = round(x * across), round(y * down)
    return left, top, round((x + frame_width) * across) - left, round((y + frame_height) * down) - top
