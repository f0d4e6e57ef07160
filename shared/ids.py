"""Ids: a prefix that says what it is, and a part that sorts by time."""

import os
import re
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_SHAPE = re.compile(rf"[a-z]{{3}}_[{_ALPHABET}]{{26}}")


def new_id(prefix: str) -> str:
    """A new ULID behind `prefix`: 48 bits of milliseconds, then 80 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    return f"{prefix}_" + "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])


def derived_id(prefix: str, parent: str, number: int) -> str:
    """The id of a parent's child: always the same one; children sort by time, then by parent, then by number.

    The parent's time and 60 of its random bits, then the number, below 2 to the 20.
    """
    if not 0 <= number < 1 << 20:
        raise ValueError(f"no room for the number {number} in an id")
    digits = "".join(_ALPHABET[(number >> shift) & 31] for shift in (15, 10, 5, 0))
    return f"{prefix}_{parent.rpartition('_')[2][:22]}{digits}"


def is_id(prefix: str, text: str) -> bool:
    """Whether `text` has the shape of an id with this prefix."""
    return text.startswith(f"{prefix}_") and _SHAPE.fullmatch(text) is not None
