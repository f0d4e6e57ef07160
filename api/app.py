"""Composition root of the web process: settings and ports in, a WSGI application out."""

from collections.abc import Callable
from typing import Any

from apiflask import APIFlask

from api.answering.waiting import register_waiting
from api.browsers import register_browsers
from api.callers.budgets import register_budgets
from api.callers.tenancy import register_tenancy
from api.deps import EXTENSION, Deps, open_deps
from api.exposure import check_exposure
from api.openapi.document import register_openapi
from api.problems import register_problems
from api.requests import register_requests
from api.routes import BLUEPRINTS
from shared.settings import Settings


class SyncFlask(APIFlask):
    """APIFlask without coroutines: Flask asks every hook and view, on every request, whether it is one."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


def create_app(settings: Settings, deps: Deps | None = None) -> APIFlask:
    """The application; `deps` stands in for the real ports in tests. Raises SettingsInvalid."""
    check_exposure(settings)
    # No docs page of APIFlask's: it loads its scripts from a CDN.
    app = SyncFlask("api", title="Cutroom", version="1", docs_path=None, json_errors=False)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.config["AUTO_404_RESPONSE"] = False
    app.config["AUTO_VALIDATION_ERROR_RESPONSE"] = False
    app.extensions[EXTENSION] = deps or open_deps(settings)
    register_requests(app)
    register_browsers(app, settings)
    register_problems(app)
    register_tenancy(app)
    register_budgets(app, settings)
    register_waiting(app, settings)
    register_openapi(app, settings)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
