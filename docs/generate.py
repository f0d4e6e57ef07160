"""Writes the reference pages that are read off the code: `python -m docs.generate`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from docs.effects_page import effects_page
from docs.models_page import models_page
from docs.reference import api_page
from shared.errors import AppError
from shared.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]

_FOR_COMPOSE = {"s3_access_key_id": "any", "s3_secret_access_key": "for example from `openssl rand -hex 20`"}
"""What docker-compose.yml refuses to start without, and how one comes by it."""

_ENV_HEAD = """\
# Every setting with its default. `cp .env.example .env`; docker-compose.yml reads .env, and for processes without
# containers `set -a; . ./.env; set +a` does. Written by `python -m docs.generate` from shared/settings.py.

# docker compose only. Who runs the networks: cpu, or gpu for an NVIDIA card.
COMPOSE_PROFILES=cpu
"""

_SETTINGS_HEAD = """\
# Settings

Environment variables, read once when a process starts; an unknown `CUTROOM_` variable stops it. An empty one counts
as not set. Written by `python -m docs.generate` from `shared/settings.py`.

| Variable | Default | Meaning |
| --- | --- | --- |
"""

_ERRORS_HEAD = """\
# Errors

The `code` of a problem document (`application/problem+json`) and of a failed job's `error`; codes are stable. What is
retryable is tried again by itself with a growing delay; everything else fails at once. Written by
`python -m docs.generate` from `shared/errors.py`.

| Code | Status | Retryable | Meaning |
| --- | --- | --- | --- |
"""


def pages() -> dict[str, str]:
    """The text of every page by its path."""
    return {
        ".env.example": _ENV_HEAD + "".join(_env_entry(*field) for field in Settings.model_fields.items()),
        "docs/settings.md": _SETTINGS_HEAD
        + "".join(_settings_row(*field) for field in Settings.model_fields.items()),
        "docs/api.md": api_page(),
        "docs/effects.md": effects_page(),
        "docs/models.md": models_page(),
        "docs/errors.md": _ERRORS_HEAD + "".join(_error_row(error) for error in errors()),
    }


def errors() -> Iterator[type[AppError]]:
    """The leaves of the tree: what is raised, in the tree's order."""
    waiting: list[type[AppError]] = [AppError]
    while waiting:
        error = waiting.pop()
        below = [kind for kind in error.__subclasses__() if kind.__module__ == AppError.__module__]
        waiting.extend(reversed(below))
        if not below:
            yield error


def _env_entry(name: str, field: FieldInfo) -> str:
    needed = _FOR_COMPOSE.get(name)
    note = f" docker compose needs it: {needed}." if needed else ""
    mark = "" if needed else "#"
    return f"\n# {_meaning(field)}{note}\n{mark}{_variable(name)}={_default(field)}\n"


def _settings_row(name: str, field: FieldInfo) -> str:
    default = _default(field)
    return f"| `{_variable(name)}` | {f'`{default}`' if default else 'empty'} | {_meaning(field)} |\n"


def _error_row(error: type[AppError]) -> str:
    title = (error.__doc__ or "").splitlines()[0]
    return f"| `{error.code}` | {error.http_status} | {'yes' if error.retryable else 'no'} | {title} |\n"


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _meaning(field: FieldInfo) -> str:
    text = " ".join((field.description or "").split())
    values = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    return f"{text} One of {', '.join(f'`{value}`' for value in values)}." if len(values) > 1 else text


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool | tuple) else str(value)


def main() -> None:
    """Write them all."""
    for path, text in pages().items():
        (ROOT / path).write_text(text)


if __name__ == "__main__":
    main()
