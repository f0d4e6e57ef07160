"""The models of this worker by the names that jobs use: chosen, fetched, loaded once, kept in the pool."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Generic, TypeVar

import structlog

from shared.catalog import AUTO_ORDER, ModelCard, Task
from shared.catalog.int8 import SUFFIX
from shared.errors import ModelUnavailable
from shared.jobs.results import ModelUsed
from worker.io.weights import Weights, WeightsFile
from worker.pool import Pool

M = TypeVar("M")

_AMPLE_MEGABYTES = 1 << 30
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[M]):
    """A model and what the record says of it."""

    model: M
    used: ModelUsed

    @property
    def copies(self) -> float:
        """How often the memory that the catalogue says is taken."""
        return float(getattr(self.model, "copies", 1))

    def park(self) -> bool:
        """Leave the device's memory for the host's, where the model can."""
        park: Callable[[], bool] | None = getattr(self.model, "park", None)
        return park() if park else False


class Models(Generic[M]):
    """Models of one task, in a pool that other tasks may share. Thread-safe."""

    def __init__(
        self,
        cards: Mapping[str, ModelCard],
        device: str,
        weights: Weights,
        load: Callable[[ModelCard, WeightsFile], M],
        pool: Pool[Loaded[Any]] | None = None,
    ) -> None:
        self._cards = cards
        self._device = device
        self._weights = weights
        self._load = load
        self._pool = pool or Pool(_AMPLE_MEGABYTES)

    def get(self, asked: str) -> Loaded[M]:
        """The model of this name; `auto` takes the best for the device, present weights before absent ones.

        Raises ModelUnavailable saying what each source of each candidate answered.
        """
        refusals = []
        for name in self._candidates(asked):
            try:
                return self._got(name)
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

    def resident(self, *, parked: bool = False) -> tuple[str, ...]:
        """Models that are loaded; or those that wait in the host's memory."""
        return tuple(str(name) for name in self._pool.keys(parked=parked) if name in self._cards)

    def _got(self, name: str) -> Loaded[M]:
        card = self._cards.get(name)
        if card is None:
            raise ModelUnavailable(f"this server does not offer {name}")
        return self._pool.get(name, card.memory_megabytes, lambda: self._loaded(card))

    def _loaded(self, card: ModelCard) -> Loaded[M]:
        file = self._weights.get(card)
        used = ModelUsed(
            name=card.name,
            weights_sha256=file.sha256,
            license=card.license,
            commercial_use=card.commercial_use,
        )
        model = self._load(card, file)
        tune: Callable[[Path], None] | None = getattr(model, "tune", None)
        if tune is not None:
            Thread(target=_tuned, args=(tune, file.path), name=f"tune {card.name}", daemon=True).start()
        return Loaded(model, used)

    def _candidates(self, asked: str) -> tuple[str, ...]:
        if asked != "auto":
            return (asked,)
        task = next(iter(self._cards.values())).task
        offered = (name for name in self._order(task) if name in self._cards)
        return tuple(sorted(offered, key=lambda name: not self._weights.present(self._cards[name])))

    def _order(self, task: Task) -> Iterator[str]:
        """What `auto` tries; on a CPU, before each network its int8 variant where that came out close enough."""
        for name in AUTO_ORDER[task][self._device]:
            variant = self._cards.get(f"{name}{SUFFIX}")
            if self._device == "cpu" and variant is not None:
                file = self._weights.present(variant)
                if file is not None and file.is_for_auto:
                    yield variant.name
            yield name


def _tuned(tune: Callable[[Path], None], weights: Path) -> None:
    """Beside the first jobs, which are served meanwhile as if there were nothing to gain."""
    try:
        tune(weights)
    except Exception:  # noqa: BLE001  nobody waits for it: without it pictures go one by one
        _log.exception("tuning_failed", weights=weights.name)
