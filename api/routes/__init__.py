"""The readable list of everything that the API answers."""

from apiflask import APIBlueprint

from api.routes.batches import batches
from api.routes.catalogue import catalogue
from api.routes.docs import docs
from api.routes.files import files
from api.routes.health import health
from api.routes.jobs import jobs
from api.routes.metrics import metrics
from api.routes.removebg import removebg
from api.routes.uploads import uploads
from api.routes.webhooks import webhooks

BLUEPRINTS: tuple[APIBlueprint, ...] = (
    jobs, uploads, batches, webhooks, removebg, files, catalogue, health, metrics, docs,
)  # fmt: skip
