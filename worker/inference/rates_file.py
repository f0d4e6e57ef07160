"""Measured rates beside the weights: a worker that starts again, or another on this machine, need not measure."""

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt, ValidationError

from worker.inference.rates import Rates
from worker.io.digest import digest_of
from worker.io.locking import locked_folder

Conditions = Mapping[str, str]
"""What the rates hold for: the processor, its cores, versions, the precision, the highest count tried."""

_LOCK = ".rates.lock"
_log = structlog.get_logger(__name__)


def kept_rates(weights: Path, conditions: Conditions, measure: Callable[[], Rates]) -> Rates:
    """What stands beside the weights for these conditions, or is measured now, by one process of a machine at a time.

    Rates that are not settled are of use to this worker alone: the next one to start measures again. A folder that
    cannot be written to is no error: each worker measures for itself then.
    """
    file = _RatesFile(weights.with_name(f"{weights.stem}.{digest_of(weights)[:12]}.rates.json"), conditions)
    known = file.read()
    if known is not None:
        return known
    with locked_folder(weights.parent, _LOCK):  # two that measure at once would find each half of the machine
        known = file.read()
        if known is None:
            known = measure()
            if known.is_settled:
                file.keep(known)
        return known


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: dict[str, str]
    pictures_per_second: dict[PositiveInt, PositiveFloat]


@dataclass(frozen=True, slots=True)
class _RatesFile:
    path: Path
    conditions: Conditions

    def read(self) -> Rates | None:
        """None where there is no file, or one that is damaged or of other conditions."""
        try:
            content = _Content.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            _log.warning("rates_unreadable", file=self.path.name, reason=str(error).splitlines()[0])
            return None
        is_ours = content.conditions == self.conditions and 1 in content.pictures_per_second
        return Rates(content.pictures_per_second) if is_ours else None

    def keep(self, rates: Rates) -> None:
        """Whole or not at all."""
        content = _Content(conditions=dict(self.conditions), pictures_per_second=dict(rates.by_count))
        try:
            with tempfile.TemporaryDirectory(dir=self.path.parent, prefix=".rates-") as folder:
                made = Path(folder) / self.path.name
                made.write_text(content.model_dump_json(indent=2))
                os.replace(made, self.path)
        except OSError as error:
            _log.warning("rates_not_kept", file=self.path.name, reason=error.strerror)
