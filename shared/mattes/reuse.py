"""Takes over a known matte into a new job, as a copy: the job that made it may be deleted at any time."""

from contextlib import closing
from dataclasses import dataclass

import structlog

from shared.errors import NotFound, StoreUnavailable
from shared.jobs.results import InputFacts, Segmented
from shared.mattes.index import KnownMatte, MatteIndex, MatteName, options_of
from shared.spec.job import JobSpec
from shared.storage.keys import stage_key
from shared.storage.port import ObjectStore

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MatteWish:
    """The matte that a job needs."""

    tenant: str
    job_id: str
    spec: JobSpec
    picture: InputFacts

    @property
    def name(self) -> MatteName:
        """Under which it is looked for."""
        return self._name(None)

    @property
    def key(self) -> str:
        """Where the job's own copy lies."""
        return stage_key(self.tenant, self.job_id, "matte", self.name.options, "png")

    def names(self, model: str) -> tuple[MatteName, ...]:
        """Under which it will be found again, if `model` is what made it."""
        return tuple(dict.fromkeys((self.name, self._name(model))))

    def _name(self, model: str | None) -> MatteName:
        return MatteName(self.tenant, self.picture.sha256, options_of(self.spec, model))


def reused(wish: MatteWish, index: MatteIndex, objects: ObjectStore) -> Segmented | None:
    """The job's own copy of a matte that is known already. Raises StorageUnavailable."""
    try:
        known = index.find(wish.name)
    except StoreUnavailable:
        return None
    if known is None or known.job_id == wish.job_id:
        return None
    try:
        with closing(objects.open(known.made.matte_key)) as matte:
            objects.put(wish.key, matte, content_type="image/png")
    except NotFound:
        return None
    _log.info("matte_reused", job_id=wish.job_id, made_by=known.job_id)
    return known.made.model_copy(update={"matte_key": wish.key, "reused_matte_of": known.job_id})


def remember(wish: MatteWish, made: Segmented, index: MatteIndex, keep_until: float) -> None:
    """Let later jobs find this matte; without an index they make their own."""
    try:
        index.remember(wish.names(made.model.name), KnownMatte(wish.job_id, made), keep_until)
    except StoreUnavailable:
        _log.warning("matte_not_remembered", job_id=wish.job_id)
