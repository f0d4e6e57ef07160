"""Whose request this is, and what it may see and do."""

import time
from dataclasses import dataclass
from typing import cast

from flask import Flask, g, request

from api.deps import Deps, current_deps
from shared.errors import Gone, KeyMissing, NotAllowed, NotFound
from shared.ids import is_id
from shared.jobs.job import Job
from shared.tenants.keys import check_key, id_of
from shared.tenants.store import TenantLimits

LOCAL = "local"

_OPEN = ("health", "docs", "files", "openapi")
"""Blueprints for which nobody shows a key: signed URLs are their own."""
_LOOKING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    tenant: str
    requests_per_minute: int = 0
    """0: no limit."""
    megapixels_per_minute: int = 0
    """0: no limit."""


def register_tenancy(app: Flask) -> None:
    """Let nobody into `app` without a key, where keys are asked for."""
    app.before_request(_authenticate)


def current_caller() -> Caller | None:
    """Who asks; None where nobody is asked."""
    return cast(Caller | None, g.get("caller"))


def current_tenant() -> str:
    """The tenant of this request: with `auth=off` everyone is `local`."""
    return cast(Caller, g.caller).tenant


def own_job(job_id: str) -> Job:
    """The caller's job. Raises Gone when it has expired, and NotFound for an unknown id and, with the same
    words, for another tenant's.
    """
    missing = NotFound("there is no job with this id")
    if not is_id("job", job_id):
        raise missing
    deps, gone = current_deps(), Gone("the job has expired, or was deleted; its files are gone")
    try:
        job = deps.jobs.get(job_id)
    except NotFound:
        raise (gone if deps.archive.was_deleted(current_tenant(), job_id) else missing) from None
    if job.tenant != current_tenant():
        raise missing
    if time.time() >= job.expires_at:
        raise gone
    return job


def _authenticate() -> None:
    """Find out who asks. Raises NotAuthenticated or NotAllowed."""
    if request.endpoint is None or request.blueprint in _OPEN or request.method == "OPTIONS":
        return
    deps = current_deps()
    g.caller = Caller(LOCAL) if deps.settings.auth == "off" else _caller(deps, _shown_key())


def _caller(deps: Deps, key: str) -> Caller:
    found = deps.tenants.find(id_of(key))
    record = check_key(key, found.record if found else None, time.time())
    if record.is_read_only and request.method not in _LOOKING:
        raise NotAllowed("this key may look, but not make, change or delete anything")
    limits = found.limits if found else TenantLimits()
    return Caller(
        record.tenant,
        _or(limits.requests_per_minute, deps.settings.requests_per_minute),
        _or(limits.megapixels_per_minute, deps.settings.megapixels_per_minute),
    )


def _shown_key() -> str:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    key = credentials.strip() if scheme.lower() == "bearer" else request.headers.get("X-API-Key", "")
    if not key:
        raise KeyMissing("send a key as `Authorization: Bearer …` or `X-API-Key: …`")
    return key


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
