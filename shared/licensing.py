"""Which models a server offers: with `CUTROOM_COMMERCIAL_ONLY` those whose licence plainly allows it."""

from collections.abc import Iterator, Mapping

from shared.catalog import CARDS, INT8, MATTING, UPSCALERS, ModelCard
from shared.settings import Settings
from shared.spec.job import JobSpec

_NETWORKS = CARDS | INT8


def offered(cards: Mapping[str, ModelCard], settings: Settings) -> dict[str, ModelCard]:
    """The cards that jobs may use here."""
    return {name: card for name, card in cards.items() if _is_offered(card, settings)}


def refused(spec: JobSpec, settings: Settings) -> Iterator[tuple[str, str]]:
    """What a job asks for that this server does not offer: the field, and why."""
    for field, card in _asked(spec):
        if not _is_offered(card, settings):
            yield (
                field,
                f"{card.name} is under {card.license}; this server offers models for commercial use only",
            )


def _asked(spec: JobSpec) -> Iterator[tuple[str, ModelCard]]:
    if spec.model in _NETWORKS:
        yield "/model", _NETWORKS[spec.model]
    for place, name in enumerate(spec.models):
        yield f"/models/{place}", _NETWORKS[name]
    if spec.refine.network:
        yield "/refine/method", MATTING[spec.refine.network]
    if spec.upscale and spec.upscale.model in UPSCALERS:
        yield "/upscale/model", UPSCALERS[spec.upscale.model]


def _is_offered(card: ModelCard, settings: Settings) -> bool:
    return not settings.commercial_only or card.commercial_use is True
