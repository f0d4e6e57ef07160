"""What is left of deleted jobs for a week: a number each, in sets that Redis keeps as flat arrays, 8 bytes a number.

A set is for one tenant's jobs made within nine hours or so. One that is full has sixteen narrower ones below it, by a
digit of the hash of the job's id, and so on: a tenant's thousandth job of a morning takes as little as its tenth.
"""

import hashlib
from dataclasses import dataclass

REMEMBERED_SECONDS = 7 * 86_400

_WINDOW = len("job_") + 5
"""An id begins with its time: these characters change every 2 to the 25 milliseconds."""
_LEVELS = 4
"""Room for two million jobs of one tenant in one window; what is beyond lies in sets that are no arrays any more."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Where Redis remembers that there was this job."""

    sets: tuple[str, ...]
    """Keys, the widest first: it lies in the first that had room."""
    number: int
    """A signed 64-bit hash of the id: that another id of the same sets has it is as likely as guessing an id."""

    @classmethod
    def of(cls, tenant: str, job_id: str) -> "Tombstone":
        """The one that this tenant's job has, or will have."""
        digest = hashlib.blake2b(job_id.encode(), digest_size=10).digest()
        own = f"gone:{tenant}:{job_id[:_WINDOW]}:"
        return cls(
            sets=tuple(own + digest[:2].hex()[:level] for level in range(_LEVELS)),
            number=int.from_bytes(digest[2:], signed=True),
        )
