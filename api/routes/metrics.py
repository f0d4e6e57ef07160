"""The installation's figures for Prometheus; with `auth=keys` whoever scrapes them shows a key, too."""

from apiflask import APIBlueprint
from flask import Response

from api.deps import current_deps
from shared.metrics import CONTENT_TYPE

metrics = APIBlueprint("metrics", __name__, enable_openapi=False)


@metrics.get("/metrics")
def show_metrics() -> Response:
    """Queues, jobs, workers and the keeper as they are now."""
    return Response(current_deps().figures.exposition(), content_type=CONTENT_TYPE)
