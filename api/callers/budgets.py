"""What a tenant may use up in a minute, in requests and in megapixels. Windows begin with each minute of the clock.

Requests are counted in a Redis of their own, by the library under Flask-Limiter, whose own hooks took a fifth of the
time of a poll. When the counters cannot be reached, everyone is let in: a limit is worth less than the service.
Megapixels are counted with the records of the jobs that they are charged for, so that a job is charged for once.
"""

import math
import time
from dataclasses import dataclass
from typing import cast

import structlog
from flask import Flask, Response, current_app, g
from limits.storage import MemoryStorage, RedisStorage, storage_from_string

from api.callers.tenancy import current_caller
from api.deps import current_deps
from shared.errors import TooManyRequests
from shared.settings import Settings

_log = structlog.get_logger(__name__)

_EXTENSION = "cutroom-budgets"
_WINDOW_SECONDS = 60
_SILENCE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Window:
    """How much of a budget is left."""

    name: str
    quota: int
    remaining: int
    seconds: int
    """Until the budget is whole again."""


def register_budgets(app: Flask, settings: Settings) -> None:
    """Count the requests of `app`, after it is known who asks."""
    is_redis = settings.effective_counters_url.startswith("redis")
    patience = {"socket_timeout": _SILENCE_SECONDS, "socket_connect_timeout": _SILENCE_SECONDS}
    app.extensions[_EXTENSION] = storage_from_string(
        settings.effective_counters_url, **cast("dict[str, str]", patience if is_redis else {})
    )
    app.before_request(_charge_request)
    app.after_request(_tell)


def charge_megapixels(job_id: str, megapixels: int) -> None:
    """Take a job's picture off the caller's budget, once for each job; 0 only looks whether the budget is overdrawn.
    Raises TooManyRequests and StoreUnavailable.

    How large a picture is that a URL, an upload or a batch's line names is known once a worker has it; what it then
    counts beyond what it was charged here is taken off the minute in which that happens.
    """
    caller = current_caller()
    if caller is None or not caller.megapixels_per_minute:
        return
    quota = caller.megapixels_per_minute
    # A picture larger than the whole budget takes the whole budget, or it could never be handed in.
    cost = min(megapixels, quota)
    charge = current_deps().jobs.charge(job_id, caller.tenant, cost, quota)
    left = _learn("megapixels", quota, charge.used, charge.seconds_left)
    if not charge.is_granted:
        raise TooManyRequests(
            f"{quota} megapixels a minute are allowed, {left.remaining} are left and this counts as {cost}",
            left.seconds,
        )


def current_windows() -> dict[str, Window]:
    """What this request has learned of the caller's budgets, by their names."""
    return cast(dict[str, Window], g.setdefault("windows", {}))


def _charge_request() -> None:
    caller = current_caller()
    if caller is None or not caller.requests_per_minute:
        return
    minute, seconds_gone = divmod(time.time(), _WINDOW_SECONDS)
    counters = cast(MemoryStorage | RedisStorage, current_app.extensions[_EXTENSION])
    try:
        # Kept a little longer than it counts, so that a clock that lags behind finds the same window.
        used = counters.incr(f"requests/{caller.tenant}/{minute:.0f}", 2 * _WINDOW_SECONDS)
    except Exception as error:  # noqa: BLE001  each storage has errors of its own
        _log.warning("not_counted", reason=repr(error))
        return
    quota, seconds_left = caller.requests_per_minute, math.ceil(_WINDOW_SECONDS - seconds_gone)
    left = _learn("requests", quota, used, max(1, seconds_left))
    if used > quota:
        raise TooManyRequests(f"{quota} requests a minute are allowed", left.seconds)


def _learn(name: str, quota: int, used: int, seconds: int) -> Window:
    """Remember for the answer what is left."""
    left = Window(name, quota, min(max(0, quota - used), quota), seconds)
    current_windows()[name] = left
    return left


def _tell(response: Response) -> Response:
    """The fields of draft-ietf-httpapi-ratelimit-headers."""
    windows = g.get("windows")
    if windows:
        response.headers["RateLimit-Policy"] = ", ".join(
            f'"{window.name}";q={window.quota};w={_WINDOW_SECONDS}' for window in windows.values()
        )
        response.headers["RateLimit"] = ", ".join(
            f'"{window.name}";r={window.remaining};t={window.seconds}' for window in windows.values()
        )
    return response
