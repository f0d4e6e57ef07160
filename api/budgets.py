"""What a tenant may use up in a minute, in requests and in megapixels, counted in a Redis of its own.

Requests are counted by Flask-Limiter, megapixels by the library under it, both in fixed windows of a minute. When
the counters cannot be reached, everyone is let in: a limit is worth less than the service.
"""

import math
import time
from dataclasses import dataclass
from typing import cast

import structlog
from flask import Flask, Response, current_app, g
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded
from limits import RateLimitItemPerMinute

from api.tenancy import current_caller, current_tenant
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
    app.extensions[_EXTENSION] = Limiter(
        current_tenant,
        app=app,
        application_limits=[
            ApplicationLimit(lambda: f"{_requests()}/minute", exempt_when=lambda: not _requests())
        ],
        storage_uri=settings.effective_counters_url,
        storage_options=cast("dict[str, str | int]", patience if is_redis else {}),
        strategy="fixed-window",
        swallow_errors=True,
        headers_enabled=False,
    )
    app.register_error_handler(RateLimitExceeded, _exceeded)
    app.after_request(_tell)


def charge_megapixels(pixels: int) -> None:
    """Take a picture off the caller's budget, rounded up to whole megapixels. Raises TooManyRequests."""
    caller = current_caller()
    if caller is None or not caller.megapixels_per_minute:
        return
    limit = RateLimitItemPerMinute(caller.megapixels_per_minute)
    # A picture larger than the whole budget takes the whole budget, or it could never be handed in.
    cost = min(max(math.ceil(pixels / 1_000_000), 1), caller.megapixels_per_minute)
    names = ("megapixels", caller.tenant)
    try:
        # Asked first, because a fixed window counts what it refuses, too.
        has_room = _limiter().limiter.test(limit, *names, cost=cost)
        has_room = has_room and _limiter().limiter.hit(limit, *names, cost=cost)
        reset_at, remaining = _limiter().limiter.get_window_stats(limit, *names)
    except Exception as error:  # noqa: BLE001  each storage has errors of its own
        _log.warning("megapixels_not_counted", reason=repr(error))
        return
    window = Window("megapixels", caller.megapixels_per_minute, remaining, _seconds_until(reset_at))
    g.windows = [window]
    if not has_room:
        raise TooManyRequests(
            f"{caller.megapixels_per_minute} megapixels a minute are allowed, {remaining} are left and this picture"
            f" counts as {cost}",
            window.seconds,
        )


def _requests() -> int:
    caller = current_caller()
    return caller.requests_per_minute if caller else 0


def _exceeded(_error: RateLimitExceeded) -> Response:
    window = _request_windows()[0]
    refusal = TooManyRequests(f"{window.quota} requests a minute are allowed", window.seconds)
    return cast(Response, current_app.handle_user_exception(refusal))


def _tell(response: Response) -> Response:
    """The fields of draft-ietf-httpapi-ratelimit-headers."""
    windows = [*_request_windows(), *g.get("windows", [])]
    if windows:
        response.headers["RateLimit-Policy"] = ", ".join(
            f'"{window.name}";q={window.quota};w={_WINDOW_SECONDS}' for window in windows
        )
        response.headers["RateLimit"] = ", ".join(
            f'"{window.name}";r={window.remaining};t={window.seconds}' for window in windows
        )
    return response


def _request_windows() -> list[Window]:
    try:
        return [
            Window("requests", one.limit.amount, one.remaining, _seconds_until(one.reset_at))
            for one in _limiter().current_limits
        ]
    except Exception as error:  # noqa: BLE001  each storage has errors of its own
        _log.warning("requests_not_counted", reason=repr(error))
        return []


def _limiter() -> Limiter:
    return cast(Limiter, current_app.extensions[_EXTENSION])


def _seconds_until(moment: float) -> int:
    return min(max(math.ceil(moment - time.time()), 1), _WINDOW_SECONDS)
