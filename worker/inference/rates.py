"""How many pictures at once are worth it: measured on the machine itself, by turns, in at most 20 s of passes."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from shared.errors import OutOfMemory

Pass = Callable[[], float]
"""Runs a pass of as many pictures as it was prepared for, and says how many seconds it took."""
Prepare = Callable[[int], Pass | None]
"""Makes the pass of so many pictures; None where their results would not be those of one alone."""

_NEAR = 0.99
_ROUNDS = 5
_MOST_SECONDS = 20.0
_LONGEST_PASS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Pictures a second by how many go at once; 1 is always among them."""

    by_count: Mapping[int, float]
    is_settled: bool = True
    """Whether they hold for good. Not where one pass alone took so long that nothing was compared: the machine may
    have been busy, as when several workers start at once."""

    @property
    def best(self) -> int:
        """The smallest count within 1 % of the highest rate: a larger one only makes each picture wait longer."""
        enough = _NEAR * max(self.by_count.values())
        return min(count for count, rate in self.by_count.items() if rate >= enough)

    def fewest(self, count: int) -> int:
        """From how many callers on `count` shares of a device bring more than one alone: the other shares idle."""
        return max(2, math.ceil(count * self.by_count[1] / self.by_count[count]))


def measure(most: int, prepare: Prepare) -> Rates:
    """Compare 1 with 2, 4, 8, … up to `most`, by turns; the median pass of each counts.

    It ends at the first count that does not fit into memory, gives other results or is slower than the one before,
    and where one after the other so many pictures would take over 2 s. OutOfMemory where not even one fits.
    """
    one = prepare(1)
    if one is None:
        raise ValueError("one picture alone is what the others are compared with")
    seconds, left, is_settled = {1: one()}, _MOST_SECONDS, True
    for count in _counts(most):
        if count * seconds[1] > min(_LONGEST_PASS_SECONDS, left):
            is_settled = len(seconds) > 1
            break
        several = _fitting(prepare, count)
        if several is None:
            break
        before = min(taken / number for number, taken in seconds.items())
        rounds = _by_turns(one, several, left)
        left -= sum(map(sum, rounds))
        ones, severals = zip(*rounds, strict=True)
        seconds[count] = seconds[1] * median(severals) / median(ones)
        if seconds[count] / count > before:
            break
    return Rates({count: round(count / taken, 4) for count, taken in seconds.items()}, is_settled)


def _by_turns(one: Pass, several: Pass, left: float) -> list[tuple[float, float]]:
    """Rounds of a pass of each; one at least, and none that is likely to end when no time is left."""
    rounds = [(one(), several())]
    while len(rounds) < _ROUNDS and sum(map(sum, rounds)) + sum(rounds[-1]) <= left:
        rounds.append((one(), several()))
    return rounds


def _counts(most: int) -> Iterator[int]:
    count = 2
    while count < most:
        yield count
        count *= 2
    if most > 1:
        yield most


def _fitting(prepare: Prepare, count: int) -> Pass | None:
    try:
        return prepare(count)
    except OutOfMemory:
        return None
