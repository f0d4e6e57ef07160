"""Pictures of several jobs in one pass of the device.

Nobody waits for company: a device that is free begins at once, so a lone caller loses nothing. Whoever comes while
it works is gathered, and goes with the next pass; so batches grow with the load by themselves, up to the size from
which a larger one brings no more. A device that copies one batch while it computes another is free until it has
both. Written without a GPU at hand: what it gains there was never measured.
"""

import time
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path
from threading import Event, Lock
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from shared.errors import OutOfMemory
from worker.inference.rates import Pass, Rates, measure
from worker.inference.rates_file import Conditions, kept_rates
from worker.inference.recipe import Network, parked
from worker.inference.turns import LAST, Place, Turns, place, ranked

_log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Request:
    pictures: NDArray[Any]
    is_taken: bool = False
    """Whether a pass has it."""
    done: Event = field(default_factory=Event)
    output: NDArray[Any] | None = None
    error: BaseException | None = None

    def succeed(self, output: NDArray[Any]) -> None:
        self.output = output
        self.done.set()

    def fail(self, error: BaseException) -> None:
        self.error = error
        self.done.set()


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """What a network's rates are measured with."""

    picture: NDArray[Any]
    """A batch of one."""
    conditions: Conditions
    """What the rates hold for."""


class Gathering:
    """A network before which callers gather, at most `most` pictures a pass.

    A batch that does not fit into memory is halved, and no larger one is tried again. When a pass fails otherwise,
    each of its callers is served alone: so one bad picture fails alone.
    """

    def __init__(self, network: Network, most: int, probe: Probe | None = None, *, at_once: int = 1) -> None:
        """Without a probe it stays at `most`: of pictures of any size no rate can be foretold.

        `at_once`: how many passes the network can have under way.
        """
        self._network = network
        self._most = most
        self._probe = probe
        self._waiting: list[tuple[Place, _Request]] = []
        self._guard = Lock()
        self._device = Turns(at_once)

    @property
    def most(self) -> int:
        """Pictures a pass may have by now."""
        return self._most

    def infer(self, batch: NDArray[Any]) -> NDArray[Any]:
        """See Network; raises what the network raises."""
        request = _Request(batch)
        with self._guard:
            heappush(self._waiting, (place(), request))
        while not request.is_taken:
            with self._device.taken():  # whoever has it works for all that wait
                group = self._gathered(request)
                if group:
                    self._pass(group)
        request.done.wait()
        if request.error is not None:
            raise request.error
        return np.asarray(request.output)

    def tune(self, weights: Path) -> None:
        """Find out how many pictures a pass are worth it, or read what was found before.

        Up to 20 s of passes, and what compiling each batch takes; each pass goes behind the jobs that wait.
        """
        probe = self._probe
        if probe is None or self._most < 2:
            return
        conditions = {**probe.conditions, "most": str(self._most)}
        rates = kept_rates(weights, conditions, lambda: self._measured(probe.picture))
        self._most = min(self._most, rates.best)
        _log.info("network_tuned", weights=weights.name, most=self._most, rates=dict(rates.by_count))

    def park(self) -> bool:
        """Leave the device's memory for the host's, where the network can."""
        return parked(self._network)

    def _measured(self, picture: NDArray[Any]) -> Rates:
        def prepare(count: int) -> Pass:
            batch = np.repeat(picture, count, axis=0)
            self._seconds(batch)  # the first of its size is compiled or recorded
            return lambda: self._seconds(batch)

        return measure(self._most, prepare)

    def _seconds(self, batch: NDArray[Any]) -> float:
        with ranked(LAST), self._device.taken():
            started = time.perf_counter()
            self._network.infer(batch)
            return time.perf_counter() - started

    def _gathered(self, mine: _Request) -> list[_Request]:
        """The first in turn, and those behind it of the same shape; any other shape waits for its own pass.

        None where another pass has taken `mine` along: those that wait have callers of their own.
        """
        with self._guard:
            if mine.is_taken:
                return []
            group = [heappop(self._waiting)[1]]
            taken = len(group[0].pictures)
            while self._waiting and self._fits(self._waiting[0][1], group[0], taken):
                group.append(heappop(self._waiting)[1])
                taken += len(group[-1].pictures)
            for request in group:
                request.is_taken = True
        return group

    def _fits(self, request: _Request, first: _Request, taken: int) -> bool:
        alike = request.pictures.shape[1:] == first.pictures.shape[1:]
        return alike and taken + len(request.pictures) <= self._most

    def _pass(self, group: list[_Request]) -> None:
        try:
            whole = self._network.infer(_joined(group))
        except OutOfMemory as error:
            self._split(group, error)
        except BaseException as error:  # noqa: BLE001  it belongs to a caller, whose stage records it
            self._one_by_one(group, error)
        else:
            place = 0
            for request in group:
                count = len(request.pictures)
                request.succeed(whole[place : place + count])
                place += count

    def _split(self, group: list[_Request], error: OutOfMemory) -> None:
        if len(group) == 1:
            group[0].fail(error)
            return
        half = (len(group) + 1) // 2
        self._most = max(1, min(self._most, sum(len(request.pictures) for request in group[:half])))
        _log.warning("batch_halved", most=self._most)
        self._pass(group[:half])
        self._pass(group[half:])

    def _one_by_one(self, group: list[_Request], error: BaseException) -> None:
        if len(group) == 1:
            group[0].fail(error)
            return
        for request in group:
            self._pass([request])


def _joined(group: list[_Request]) -> NDArray[Any]:
    if len(group) == 1:
        return group[0].pictures
    return np.concatenate([request.pictures for request in group])
