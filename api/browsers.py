"""What browsers are told: which pages may call us (none, unless set), and what they must not do with an answer."""

from flask import Flask, Response, request

from shared.settings import Settings

_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
_ASKED = (
    "Authorization", "X-API-Key", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID", "Prefer",
    "X-Request-ID",
)  # fmt: skip
_TOLD = (
    "ETag", "Idempotent-Replay", "Location", "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After",
    "X-Request-ID",
)  # fmt: skip
_DAY_SECONDS = "86400"

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def register_browsers(app: Flask, settings: Settings) -> None:
    """Send these headers with every answer of `app`."""

    @app.after_request
    def tell(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        if settings.cors_origins:
            _share(response, settings.cors_origins)
        return response


def _share(response: Response, origins: tuple[str, ...]) -> None:
    response.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if origin not in origins:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Expose-Headers"] = ", ".join(_TOLD)
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = ", ".join(_ASKED)
        response.headers["Access-Control-Max-Age"] = _DAY_SECONDS
