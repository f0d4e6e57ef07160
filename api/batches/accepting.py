"""Takes a batch in: all of its lines or none, as they come, without ever holding them."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import structlog

from api.batches.views import DryRunView
from api.deps import Deps
from shared.batches.batch import Batch, LineProblem, LineState
from shared.batches.lines import LineWriter, StoredLine
from shared.errors import AppError, BatchTooLarge, InvalidForm, InvalidSpec, NotFound
from shared.queue.names import Lane, queue_name
from shared.spec.job import Priority
from shared.views.batch import SHOWN_PROBLEMS, LineProblemView

_log = structlog.get_logger(__name__)

_SIGN_OF_LIFE_SECONDS = 5.0


@dataclass(slots=True)
class Tally:
    """What has been seen of a batch so far."""

    states: list[str] = field(default_factory=list)
    problems: list[LineProblem] = field(default_factory=list)

    def add(self, line: StoredLine) -> None:
        """Count a line."""
        self.states.append(LineState.INVALID if line.problem else LineState.WAITING)
        if line.problem and len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(line.problem)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose batch it is."""

    batch_id: str
    tenant: str
    request_id: str


def take_in(deps: Deps, sender: Sender, lines: Iterable[StoredLine]) -> Batch:
    """Store every line, then let the feeder have them. Raises InvalidSpec, InvalidForm, BatchTooLarge.

    Whatever fails leaves nothing behind, and what dies half-way is swept: a batch is there with all its lines or
    not at all. Doing it twice with one id makes one batch.
    """
    if known := _accepted_before(deps, sender):
        return known
    writer = LineWriter(deps.objects, sender.tenant, sender.batch_id)
    deps.batches.begin(sender.batch_id, sender.tenant, sender.request_id)
    try:
        tally = _store(deps, sender, writer, lines)
        batch = deps.batches.accept(sender.batch_id, "".join(tally.states), tally.problems)
    except BaseException:
        _discard(deps, sender, writer)
        raise
    if batch.total == 0:
        raise InvalidForm("the lines came too slowly; the batch was given up meanwhile")
    _log.info("batch_accepted", batch_id=batch.id, lines=batch.total)
    return batch


def try_out(deps: Deps, lines: Iterable[StoredLine]) -> DryRunView:
    """Look at every line and make nothing."""
    tally, models = Tally(), Counter[str]()
    for line in _counted(deps, lines, tally):
        if line.spec_json:
            models[json.loads(line.spec_json)["model"]] += 1
    invalid = tally.states.count(LineState.INVALID)
    return DryRunView(
        total=len(tally.states),
        valid=len(tally.states) - invalid,
        invalid=invalid,
        errors=tuple(LineProblemView.model_validate(problem) for problem in tally.problems),
        estimate_seconds=_estimate(deps, models),
    )


def _store(deps: Deps, sender: Sender, writer: LineWriter, lines: Iterable[StoredLine]) -> Tally:
    tally, told = Tally(), -1
    due = 0.0
    for line in _counted(deps, lines, tally):
        if writer.stored_objects != told or time.monotonic() >= due:
            told, due = writer.stored_objects, time.monotonic() + _SIGN_OF_LIFE_SECONDS
            # The object that is written next is announced first, so that none is ever forgotten.
            deps.batches.keep_receiving(sender.batch_id, told + 1)
        writer.write(line)
    writer.flush()
    return tally


def _counted(deps: Deps, lines: Iterable[StoredLine], tally: Tally) -> Iterator[StoredLine]:
    most = deps.settings.max_batch_lines
    for line in lines:
        if line.number > most:
            raise BatchTooLarge(f"a batch has at most {most} lines")
        tally.add(line)
        yield line
    if not tally.states:
        raise InvalidSpec("the batch has no lines")


def _accepted_before(deps: Deps, sender: Sender) -> Batch | None:
    """The batch, where an earlier attempt was less lucky in its answer than in its work."""
    try:
        batch = deps.batches.get(sender.batch_id)
    except NotFound:
        return None
    return batch if batch.total > 0 else None


def _discard(deps: Deps, sender: Sender, writer: LineWriter) -> None:
    try:
        # An accepted batch keeps its lines, though the acceptance may have come to us as an error.
        if deps.batches.discard(sender.batch_id):
            deps.lines.delete(sender.tenant, sender.batch_id, writer.stored_objects + 1)
    except AppError as error:
        # The feeder gives up a batch that nobody sends, and deletes its lines in time.
        _log.warning("batch_left_behind", batch_id=sender.batch_id, code=error.code)


def _estimate(deps: Deps, models: Counter[str]) -> float | None:
    """Seconds on the workers that are there now; None before each of the models was measured."""
    speeds = {model: deps.jobs.seconds_per_job(model) for model in models}
    if any(speed is None for speed in speeds.values()):
        return None
    queue = queue_name(Lane.GPU, Priority.BULK)
    workers = sum(queue in worker.queues for worker in deps.fleet.alive())
    return round(sum((speeds[model] or 0) * count for model, count in models.items()) / max(workers, 1), 1)
