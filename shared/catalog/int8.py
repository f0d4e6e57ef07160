"""The int8 variants that a machine can make for itself of the networks: rows derived from the published ones.

`cutroom models quantize NAME` makes the file; until then no worker has `NAME-int8`, and a job that names it fails.
"""

from collections.abc import Mapping
from dataclasses import replace

from shared.catalog.card import ModelCard

SUFFIX = "-int8"


def int8_cards(cards: Mapping[str, ModelCard]) -> dict[str, ModelCard]:
    """The int8 variant of each network, by its public name."""
    return {f"{name}{SUFFIX}": _variant(card) for name, card in cards.items()}


def _variant(card: ModelCard) -> ModelCard:
    return replace(
        card,
        name=f"{card.name}{SUFFIX}",
        quantized_from=card.name,
        good_for=f"{card.name} in 8-bit integers, made on this machine: faster on a CPU, edges a little coarser.",
    )
