"""The models of this worker by the names that jobs use: chosen, fetched, loaded once, kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.catalog import AUTO_ORDER, ModelCard
from shared.errors import ModelUnavailable
from shared.jobs.results import ModelUsed
from worker.io.weights import Weights, WeightsFile
from worker.resident import Resident

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[M]):
    """A model and what the record says of it."""

    model: M
    used: ModelUsed


class Models(Generic[M]):
    """Loaded models of one task. Thread-safe."""

    def __init__(
        self,
        cards: Mapping[str, ModelCard],
        device: str,
        weights: Weights,
        load: Callable[[ModelCard, WeightsFile], M],
    ) -> None:
        self._cards = cards
        self._device = device
        self._weights = weights
        self._load = load
        self._resident = Resident(self._loaded)

    def get(self, asked: str) -> Loaded[M]:
        """The model of this name; `auto` takes the best for the device, present weights before absent ones.

        Raises ModelUnavailable saying what each source of each candidate answered.
        """
        refusals = []
        for name in self._candidates(asked):
            try:
                return self._resident.get(name)
            except ModelUnavailable as error:
                refusals.append(error.detail)
        raise ModelUnavailable(" ".join(refusals))

    def warm_up(self) -> None:
        """Load what `auto` means, if its weights are here: the first job shall not wait for it."""
        name = self._candidates("auto")[0]
        if name in self.present():
            self.get(name)

    def present(self) -> tuple[str, ...]:
        """Models whose weights are on this machine."""
        return tuple(name for name, card in self._cards.items() if self._weights.present(card))

    def resident(self) -> tuple[str, ...]:
        """Models that are loaded."""
        return self._resident.names()

    def _loaded(self, name: str) -> Loaded[M]:
        card = self._cards[name]
        file = self._weights.get(card)
        used = ModelUsed(
            name=name, weights_sha256=file.sha256, license=card.license, commercial_use=card.commercial_use
        )
        return Loaded(self._load(card, file), used)

    def _candidates(self, asked: str) -> tuple[str, ...]:
        if asked != "auto":
            return (asked,)
        task = next(iter(self._cards.values())).task
        order = AUTO_ORDER[task][self._device]
        here = self.present()
        return tuple(sorted(order, key=lambda name: name not in here))
