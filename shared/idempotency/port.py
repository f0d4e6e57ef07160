"""The port to what was answered under an Idempotency-Key.

A key is taken together with the id of what is about to be made. Whoever dies between taking the key and answering
leaves that id behind: the next request with the key makes the same thing under the same id, or finds it made. So a
lock that ends too early, or a process that is killed half-way, never doubles anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that must be done once."""

    tenant: str
    key: str
    fingerprint: str
    """Of everything that makes the request what it is."""
    resource_id: str
    """What it would make, unless an earlier attempt has chosen another id."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An earlier request has made it, and was answered."""

    resource_id: str
    answer: StoredAnswer


@dataclass(frozen=True, slots=True)
class Taken:
    """The right, and the duty, to make `attempt.resource_id` and to say how it went."""

    attempt: Attempt
    token: str
    is_first: bool
    """False after an attempt that never said how it went: the thing may be there already."""


class IdempotencyStore(Protocol):
    """Answers by tenant and key. Every method raises StoreUnavailable when the store does not answer."""

    def take(self, attempt: Attempt) -> Taken | Answered:
        """Take the key, or learn what was answered. Raises IdempotencyKeyReused or IdempotencyInProgress."""

    def complete(self, taken: Taken, answer: StoredAnswer) -> None:
        """Keep the answer."""

    def release(self, taken: Taken, *, forgets: bool) -> None:
        """There is no answer: let the next request try at once, under the same id unless `forgets`."""
