"""Makes the pictures of docs/effects.md: `python -m docs.effect_previews`; needs the usual network's weights.

The photo is scikit-image's `coffee`, by Rachel Michetti and the Pikolo Espresso Bar, CC0.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from pydantic import TypeAdapter

from docs.effects_page import EXAMPLES
from shared.catalog import CARDS
from shared.limits import picture_limits
from shared.settings import load_settings
from shared.spec.effects import EffectSpec
from worker.effects.render import render
from worker.imaging.composite import flatten
from worker.imaging.decode import decode
from worker.imaging.types import Cutout, Rgb, Scene
from worker.io.weights import Weights
from worker.matting.foreground import estimate_foreground
from worker.segmentation.loading import load_segmenter

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures" / "effects"

_SHOWN_PX = 360
_PAPER = (250, 250, 250)


def pictures() -> Iterator[tuple[str, Rgb]]:
    """Each effect's preview by its name."""
    settings = load_settings()
    photo = decode((PICTURES / "photo.jpg").read_bytes(), picture_limits(settings)).rgb
    card = CARDS["imgly-medium"]
    weights = Weights(settings.model_cache, settings.model_dir).get(card)
    alpha = np.rint(load_segmenter(card, weights.path).matte(photo) * 255).astype(np.uint8)
    cutout = Cutout.of(estimate_foreground(photo, alpha), alpha)
    parse = TypeAdapter(list[EffectSpec]).validate_python
    for name, asked in EXAMPLES.items():
        yield name, flatten(render(cutout, parse(asked), Scene(photo)), _PAPER)


def main() -> None:
    """Write them all."""
    for name, rgb in pictures():
        image = Image.fromarray(rgb)
        image.thumbnail((_SHOWN_PX, _SHOWN_PX))
        image.save(PICTURES / f"{name}.jpg", quality=82, optimize=True)


if __name__ == "__main__":
    main()
