"""The API as in tests/api, over stores that live in this process."""

from tests.api.conftest import (
    _quiet,
    client,
    deps,
    jobs,
    objects,
    queue,
    settings,
    stored_keys,
    working_queue,
    working_url,
)

__all__ = [
    "_quiet",
    "client",
    "deps",
    "jobs",
    "objects",
    "queue",
    "settings",
    "stored_keys",
    "working_queue",
    "working_url",
]
