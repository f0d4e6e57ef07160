"""Requests that wait for a job: `Prefer: wait`, and the threads that such requests may hold."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import cast

from flask import Flask, Request, current_app

from api.deps import Deps
from shared.jobs.job import Job
from shared.settings import Settings

_LONGEST_WAIT_SECONDS = 60
_EXTENSION = "cutroom-held-connections"
_PREFERENCE = re.compile(r'\s*([A-Za-z-]+)\s*(?:=\s*"?(\d{1,9})"?)?\s*(?:;.*)?')


@dataclass(frozen=True, slots=True)
class Preference:
    """What a `Prefer` header asks for; what cannot be read in it counts as not said (RFC 7240)."""

    wait_seconds: int = 0
    """0: answer at once."""
    applied: str = ""
    """What to say in `Preference-Applied`."""


def preference_of(request: Request) -> Preference:
    """`respond-async` outweighs `wait`; `wait` without a number is as long as may be, as at Replicate."""
    said: dict[str, str | None] = {}
    for text in ",".join(request.headers.getlist("Prefer")).split(","):
        if found := _PREFERENCE.fullmatch(text):
            said.setdefault(found[1].lower(), found[2])
    if "respond-async" in said:
        return Preference(applied="respond-async")
    if "wait" in said:
        seconds = min(int(said["wait"] or _LONGEST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS)
        return Preference(seconds, f"wait={seconds}")
    return Preference()


def register_waiting(app: Flask, settings: Settings) -> None:
    """Keep threads of `app` free for those who do not wait."""
    app.extensions[_EXTENSION] = BoundedSemaphore(settings.held_connections)


def hold() -> Callable[[], None] | None:
    """Take one of the threads that may be held: what gives it back, or None when all are held."""
    held = cast(BoundedSemaphore, current_app.extensions[_EXTENSION])
    return held.release if held.acquire(blocking=False) else None


def finished(deps: Deps, job_id: str, seconds: float) -> Job | None:
    """The job once it is final, or None when that takes longer, or no thread may be held."""
    with _holding() as may_wait:
        return ended(deps, job_id, seconds if may_wait else 0)


def ended(deps: Deps, job_id: str, seconds: float) -> Job | None:
    """The job as soon as it is final; None when that takes longer, or it is gone."""
    ends_at = time.monotonic() + seconds
    with deps.archive.end(job_id) as end:
        while (seen := deps.archive.glance(job_id)) is not None:
            left = ends_at - time.monotonic()
            if seen.status.is_final or (left > 0 and end.wait(left)):
                return deps.jobs.get(job_id)
            if left <= 0:
                return None
    return None


@contextmanager
def _holding() -> Iterator[bool]:
    let_go = hold()
    if let_go is None:
        yield False
        return
    try:
        yield True
    finally:
        let_go()
