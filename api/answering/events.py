"""A job's changes as server-sent events: `status`, `progress`, and `done` with the whole job."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api.deps import Deps
from shared.errors import NotFound, StoreUnavailable
from shared.jobs.archive import Changes
from shared.jobs.job import Job

MIME_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
LONGEST_SECONDS = 900.0
"""Then the stream ends, and the client comes back by itself with `Last-Event-ID`."""

_FIRST_LINE = "retry: 1000\n\n"
_HEARTBEAT = ": still there\n\n"


@dataclass(frozen=True, slots=True)
class Stream:
    """What is told to one listener."""

    deps: Deps
    job: Job
    last_event_id: str
    """The version of the record that the listener saw last, or empty."""
    view: Callable[[Job], str]
    """The job resource as JSON."""


def events(stream: Stream) -> Iterator[str]:
    """The lines to send, until the job is final, or for a while."""
    ends_at = time.monotonic() + LONGEST_SECONDS
    yield _FIRST_LINE
    told = stream.job if stream.last_event_id == str(stream.job.version) else None
    for job in _told(stream, ends_at):
        if job is None:
            yield _HEARTBEAT
            continue
        if told is None or (told.status, told.stage) != (job.status, job.stage):
            yield _event("status", job.version, json.dumps({"status": job.status, "stage": job.stage}))
        if not job.status.is_final:
            yield _event("progress", job.version, json.dumps({"progress": round(job.progress, 4)}))
        else:
            yield _event("done", job.version, stream.view(job))
        told = job


def _told(stream: Stream, ends_at: float) -> Iterator[Job | None]:
    """The job at first and whenever it has changed, up to its end; None when nothing was said for long.

    Ends when the job is gone, or the store is: the client comes back.
    """
    try:
        with stream.deps.archive.changes(stream.job.id) as changes:
            yield from _changing(stream, changes, ends_at)
    except (NotFound, StoreUnavailable):
        return


def _changing(stream: Stream, changes: Changes, ends_at: float) -> Iterator[Job | None]:
    seen_version = int(stream.last_event_id) if stream.last_event_id.isdecimal() else -1
    said_at = time.monotonic()
    while time.monotonic() < ends_at:
        glance = stream.deps.archive.glance(stream.job.id)
        if glance is None:
            return
        if glance.version != seen_version or glance.status.is_final:
            job = stream.deps.jobs.get(stream.job.id)
            seen_version, said_at = job.version, time.monotonic()
            yield job
            if job.status.is_final:
                return
        elif time.monotonic() - said_at > HEARTBEAT_SECONDS:
            said_at = time.monotonic()
            yield None
        changes.wait(min(HEARTBEAT_SECONDS, ends_at - time.monotonic()))


def _event(name: str, version: int, data: str) -> str:
    return f"id: {version}\nevent: {name}\ndata: {data}\n\n"
