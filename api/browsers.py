"""What browsers are told: which pages may call us (none, unless set), and what they must not do with an answer."""

from http import HTTPStatus

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
    "x-content-type-options": ("X-Content-Type-Options", "nosniff"),
    "x-frame-options": ("X-Frame-Options", "DENY"),
    "referrer-policy": ("Referrer-Policy", "no-referrer"),
    "cross-origin-resource-policy": ("Cross-Origin-Resource-Policy", "same-origin"),
    "content-security-policy": ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
}
"""Unless the route says otherwise."""


def register_browsers(app: Flask, settings: Settings) -> None:
    """Send these headers with every answer of `app`."""

    @app.after_request
    def tell(response: Response) -> Response:
        # Whoever is told that nothing changed keeps the headers of the answer that came before.
        if response.status_code != HTTPStatus.NOT_MODIFIED:
            _protect(response)
        if settings.cors_origins:
            _share(response, settings.cors_origins)
        return response


def _protect(response: Response) -> None:
    said = {name.lower() for name, _ in response.headers}
    response.headers.extend([header for name, header in _ALWAYS.items() if name not in said])


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
