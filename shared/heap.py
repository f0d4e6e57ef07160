"""What a process asks of glibc's allocator, which otherwise keeps what many threads have freed."""

import ctypes
import sys

_ARENA_MAX = -8
"""`M_ARENA_MAX` of malloc.h."""


def keep_one() -> bool:
    """Let all threads share one heap, before the first of them starts; False where this is not glibc.

    By default each has one of its own, and each of those grows to the largest request that it has met.
    """
    libc = _glibc()
    return libc is not None and libc.mallopt(_ARENA_MAX, 1) == 1


def give_back() -> bool:
    """Give the system back the pages that hold nothing; False where this is not glibc."""
    libc = _glibc()
    if libc is None:
        return False
    libc.malloc_trim(ctypes.c_size_t(0))
    return True


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "malloc_trim") else None  # musl has none, and gives back by itself
