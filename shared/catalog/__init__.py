"""Every model that Cutroom knows: one row each, data only.

A new checkpoint of a known family is a new row in one of the modules here and nothing else.
"""

from shared.catalog.card import CommercialUse, Format, ModelCard, Precision, Task, WeightSource
from shared.catalog.convolutions import CONVOLUTIONS
from shared.catalog.int8 import int8_cards
from shared.catalog.matting import MATTING as _MATTING
from shared.catalog.transformers import TRANSFORMERS
from shared.catalog.upscalers import UPSCALERS as _UPSCALERS

__all__ = [
    "AUTO_ORDER",
    "CARDS",
    "INT8",
    "MATTING",
    "PARTNERS",
    "UPSCALERS",
    "CommercialUse",
    "Format",
    "ModelCard",
    "Precision",
    "Task",
    "WeightSource",
]

CARDS: dict[str, ModelCard] = {card.name: card for card in (*TRANSFORMERS, *CONVOLUTIONS)}
"""Segmentation models by public name."""
INT8: dict[str, ModelCard] = int8_cards(CARDS)
"""Their int8 variants by public name: there is one only where somebody has made it."""
MATTING: dict[str, ModelCard] = {card.name: card for card in _MATTING}
"""Networks of `refine.method`, by public name."""
UPSCALERS: dict[str, ModelCard] = {card.name: card for card in _UPSCALERS if card.is_public}
"""Super-resolution models by public name."""
PARTNERS: dict[str, ModelCard] = {card.name: card for card in _UPSCALERS if not card.is_public}
"""Weights that only complete another model, by name."""

AUTO_ORDER: dict[Task, dict[str, tuple[str, ...]]] = {
    "segment": {
        # On a CPU IS-Net: BiRefNet lite finds more, in four times the time and twice the memory.
        "cpu": ("imgly-medium", "isnet-general-use", "birefnet-lite", "imgly-small"),
        "cuda": ("birefnet-general", "birefnet-lite", "isnet-general-use", "imgly-medium", "imgly-small"),
    },
    # On a CPU the compact networks: RRDBNet takes 20 times as long for a picture of the same size.
    "upscale": {
        "cpu": ("realesr-general-x4v3", "realesr-animevideov3", "realesrgan-x4plus"),
        "cuda": ("realesrgan-x4plus", "realesr-general-x4v3", "realesr-animevideov3"),
    },
}
"""What `auto` tries by device, best first; models whose weights are present come before the others."""
