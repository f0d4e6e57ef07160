"""What the keeper does again and again: each duty in a thread of its own, so that a slow one holds up no other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event, Thread

import structlog

from shared.errors import TransientError
from worker.process import watchdog

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something small to be done often."""

    name: str
    every_seconds: float
    do: Callable[[], bool]
    """One pass of bounded size; whether there was more to do than it did. May raise TransientError."""


def perform(duties: Iterable[Duty], stopped: Event, report: Callable[[str], None]) -> None:
    """Do them all until told to stop; `report` hears of every pass that got through. An outage is waited out.

    A duty that breaks otherwise ends the process: a keeper that does half of its work looks alive and is not.
    """
    threads = [
        Thread(target=_keep_on, args=(duty, stopped, report), name=duty.name, daemon=True) for duty in duties
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _keep_on(duty: Duty, stopped: Event, report: Callable[[str], None]) -> None:
    has_more = False
    try:
        while not stopped.wait(0 if has_more else duty.every_seconds):
            has_more = _once(duty, report)
    except BaseException as error:  # noqa: BLE001  whatever it is, the supervisor starts a whole keeper again
        watchdog.end_process("a duty broke", duty=duty.name, error=repr(error))


def _once(duty: Duty, report: Callable[[str], None]) -> bool:
    try:
        has_more = duty.do()
        report(duty.name)
    except TransientError as error:
        _log.warning("duty_postponed", duty=duty.name, code=error.code)
        return False
    return has_more
