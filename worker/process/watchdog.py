"""Ends this process when it can no longer be trusted: its supervisor starts another, and its leases expire."""

import faulthandler
import os
import sys
from typing import NoReturn

import structlog

_log = structlog.get_logger(__name__)

EXIT_STATUS = 70
"""EX_SOFTWARE of sysexits.h: what a supervisor sees."""

_SILENT_SECONDS = 120
"""A process whose threads cannot run for so long, because one keeps the interpreter to itself, is hung."""


def end_process(reason: str, **facts: object) -> NoReturn:
    """Exit at once: no handler runs, no thread is waited for, since any of them may be what hangs."""
    _log.critical("process_ended", reason=reason, **facts)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(EXIT_STATUS)


def feed(every_seconds: float) -> None:
    """Put the end off: to be called every so many seconds.

    The clock is a thread of C, which needs no interpreter: it fires even while a network's library holds Python's
    lock, writes down where every thread stood, and exits with status 1.
    """
    if sys.__stderr__ is not None:
        limit = max(_SILENT_SECONDS, 4 * every_seconds)
        faulthandler.dump_traceback_later(limit, exit=True, file=sys.__stderr__)


def rest() -> None:
    """Stop the clock: nobody feeds it any more, and that is right."""
    faulthandler.cancel_dump_traceback_later()
