"""What a network says of a photo, asked once: options are compared on the same outputs."""

import hashlib
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.catalog import CARDS, UPSCALERS
from shared.settings import load_settings
from shared.spec.tweak import TweakSpec
from worker.imaging.types import Rgb
from worker.io.weights import Weights
from worker.segmentation.loading import load_segmenter
from worker.segmentation.tweaks.view import see
from worker.upscaling.realesrgan import Upscaler

Small = NDArray[np.float32]
"""A matte in the network's own size, (h, w), 0..1."""
UNTOUCHED = TweakSpec()


class Looker:
    """A model whose mattes are kept on disk, by what it was shown."""

    def __init__(self, model: str, cache: Path) -> None:
        settings = load_settings()
        card = CARDS[model]
        weights = Weights(settings.model_cache, settings.model_dir).get(card)
        self._segmenter = load_segmenter(card, weights.path)
        self._cache = cache / f"{model}-{weights.sha256[:12]}"
        self._cache.mkdir(parents=True, exist_ok=True)
        self.seconds: list[float] = []
        """Of each look that was not in the cache: tweak, network, reading."""

    def look(self, rgb: Rgb, tweak: TweakSpec = UNTOUCHED) -> Small:
        """The matte of a photo, kept as 16-bit: half a step of an 8-bit matte at most is lost."""
        shown = hashlib.sha256(np.ascontiguousarray(rgb))
        shown.update(repr((rgb.shape, tweak.model_dump(exclude={"preset"}))).encode())
        file = self._cache / f"{shown.hexdigest()[:24]}.npz"
        if file.exists():
            return np.load(file)["matte"].astype(np.float32) / 65535
        matte = self.look_again(rgb, tweak)
        np.savez_compressed(file, matte=np.rint(matte * 65535).astype(np.uint16))
        return matte

    def look_again(self, rgb: Rgb, tweak: TweakSpec = UNTOUCHED) -> Small:
        """The same, never from disk: for timing."""
        started = time.perf_counter()
        matte = see(rgb, self._segmenter, tweak)
        self.seconds.append(time.perf_counter() - started)
        return matte


def open_upscaler(name: str) -> Upscaler:
    """An upscaler of the catalogue. Raises ModelUnavailable where its weights cannot be had."""
    settings = load_settings()
    card = UPSCALERS[name]
    weights = Weights(settings.model_cache, settings.model_dir).get(card)
    return Upscaler.load(card, weights.path, device="cpu", tile_side_px=settings.upscale_tile_px)
