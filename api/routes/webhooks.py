"""Webhooks: endpoints, their secrets, and what was delivered to them."""

from http import HTTPStatus
from typing import Annotated

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import Field, StringConstraints

from api.answering.resource import bodiless
from api.callers.idempotency import once
from api.callers.tenancy import current_tenant
from api.deps import Deps, current_deps
from api.intake.reading import read_spec
from api.intake.receiving import read_json
from api.problems import problem_responses
from api.queries import Selection
from shared.errors import InvalidSpec, NotFound
from shared.events.deliveries import Delivery
from shared.events.endpoints import Endpoint, EndpointChange
from shared.events.signing import new_secret
from shared.events.targets import check_target
from shared.idempotency.port import StoredAnswer
from shared.ids import is_id
from shared.limits import url_rules
from shared.spec.webhook import EndpointChangeSpec, EndpointSpec
from shared.views.base import View
from shared.views.webhook import DeliveryView, EndpointView, delivery_view, endpoint_view

webhooks = APIBlueprint("webhooks", __name__, url_prefix="/v1/webhooks", tag="Webhooks")

OVERLAP_SECONDS = 86_400
"""How long the old secret still signs after a rotation."""


class SecretView(View):
    """A secret to verify signatures with."""

    secret: str
    """`whsec_…`; any Standard Webhooks library takes it."""


class NewEndpointView(EndpointView):
    """An endpoint with its secret, which is shown this once."""

    secret: str
    """`whsec_…`; any Standard Webhooks library takes it."""


class EndpointList(View):
    """All endpoints, oldest first."""

    data: tuple[EndpointView, ...]


class DeliveryList(View):
    """Some deliveries, newest first."""

    data: tuple[DeliveryView, ...]
    next_cursor: str | None
    """The next page's `cursor`; null after the last."""


class DeliveriesQuery(Selection):
    """Which deliveries."""

    limit: int = Field(default=20, ge=1, le=100)
    """At most so many."""
    cursor: Annotated[str, StringConstraints(pattern=r"^dlv_[0-9a-z]{26}$")] = ""
    """`next_cursor` of the page before."""


@webhooks.post("")
@webhooks.output(NewEndpointView, status_code=201, description="Registered; keep the secret.")
@webhooks.doc(operation_id="createWebhook", responses=problem_responses(400, 409, 415, 422, 503))
def create_webhook() -> Response:
    """Register an endpoint.

    Deliveries are signed as Standard Webhooks says, with the secret in this answer, which is not shown again.
    """
    deps = current_deps()
    spec = read_spec(EndpointSpec, read_json(request))
    check_target(str(spec.url), url_rules(deps.settings))

    def make(endpoint_id: str) -> StoredAnswer:
        secret = new_secret()
        _create(deps, endpoint_id, spec, secret)
        view = _shown(deps.endpoints.get(endpoint_id), secret)
        headers = {"Location": f"/v1/webhooks/{endpoint_id}", "Cache-Control": "no-store"}
        return StoredAnswer(HTTPStatus.CREATED, headers, view.model_dump_json())

    return once("whk", (spec.model_dump_json().encode(),), make).response()


@webhooks.get("")
@webhooks.output(EndpointList)
@webhooks.doc(operation_id="listWebhooks", responses=problem_responses(503))
def list_webhooks() -> EndpointList:
    """List the endpoints."""
    found = current_deps().endpoints.of_tenant(current_tenant())
    return EndpointList(data=tuple(endpoint_view(endpoint) for endpoint in found))


@webhooks.get("/default/secret")
@webhooks.output(SecretView)
@webhooks.doc(operation_id="getDefaultWebhookSecret", responses=problem_responses(503))
def get_default_secret() -> tuple[SecretView, int, dict[str, str]]:
    """Give the secret that signs the `webhook` of single jobs."""
    secret = current_deps().endpoints.own_secret(current_tenant(), new_secret())
    return SecretView(secret=secret), HTTPStatus.OK, {"Cache-Control": "no-store"}


@webhooks.get("/<webhook_id>")
@webhooks.output(EndpointView)
@webhooks.doc(operation_id="getWebhook", responses=problem_responses(404, 503))
def get_webhook(webhook_id: str) -> EndpointView:
    """Look at an endpoint."""
    return endpoint_view(_own_endpoint(webhook_id))


@webhooks.patch("/<webhook_id>")
@webhooks.output(EndpointView)
@webhooks.doc(operation_id="changeWebhook", responses=problem_responses(400, 404, 415, 422, 503))
def change_webhook(webhook_id: str) -> EndpointView:
    """Change an endpoint: what is left out stays."""
    deps, endpoint = current_deps(), _own_endpoint(webhook_id)
    spec = read_spec(EndpointChangeSpec, read_json(request))
    if spec.url is not None:
        check_target(str(spec.url), url_rules(deps.settings))
    change = EndpointChange(
        url=str(spec.url) if spec.url is not None else None,
        events=spec.events,
        description=spec.description,
        is_enabled=spec.enabled,
    )
    deps.endpoints.change(endpoint.id, change)
    return endpoint_view(_own_endpoint(webhook_id))


@webhooks.delete("/<webhook_id>")
@webhooks.output({}, status_code=204, description="Nothing is sent there any more.")
@webhooks.doc(operation_id="deleteWebhook", responses=problem_responses(404, 503))
def delete_webhook(webhook_id: str) -> Response:
    """Delete an endpoint; what was still to be delivered to it is dropped."""
    current_deps().endpoints.delete(_own_endpoint(webhook_id).id)
    return bodiless(HTTPStatus.NO_CONTENT)


@webhooks.post("/<webhook_id>/rotate_secret")
@webhooks.output(NewEndpointView)
@webhooks.doc(operation_id="rotateWebhookSecret", responses=problem_responses(404, 503))
def rotate_secret(webhook_id: str) -> tuple[NewEndpointView, int, dict[str, str]]:
    """Give an endpoint a new secret. For 24 hours deliveries are signed with the old one, too."""
    deps, endpoint, secret = current_deps(), _own_endpoint(webhook_id), new_secret()
    deps.endpoints.rotate(endpoint.id, secret, OVERLAP_SECONDS)
    return _shown(endpoint, secret), HTTPStatus.OK, {"Cache-Control": "no-store"}


@webhooks.post("/<webhook_id>/test")
@webhooks.output(DeliveryView, status_code=202, description="On its way: look at the delivery.")
@webhooks.doc(operation_id="testWebhook", responses=problem_responses(404, 503))
def test_webhook(webhook_id: str) -> tuple[DeliveryView, int, dict[str, str]]:
    """Send a `webhook.test`, even to a disabled endpoint."""
    deps, endpoint = current_deps(), _own_endpoint(webhook_id)
    return _on_its_way(deps.deliveries.get(deps.deliveries.test(endpoint.id)))


@webhooks.get("/<webhook_id>/deliveries")
@webhooks.input(DeliveriesQuery, location="query", arg_name="query")
@webhooks.output(DeliveryList)
@webhooks.doc(operation_id="listDeliveries", responses=problem_responses(404, 422, 503))
def list_deliveries(webhook_id: str, query: DeliveriesQuery) -> DeliveryList:
    """List what was sent to an endpoint in the last seven days, and what came back."""
    endpoint = _own_endpoint(webhook_id)
    found = current_deps().deliveries.page(endpoint.id, query.cursor, query.limit)
    following = found[-1].id if len(found) == query.limit else None
    return DeliveryList(data=tuple(delivery_view(delivery) for delivery in found), next_cursor=following)


@webhooks.get("/<webhook_id>/deliveries/<delivery_id>")
@webhooks.output(DeliveryView)
@webhooks.doc(operation_id="getDelivery", responses=problem_responses(404, 503))
def get_delivery(webhook_id: str, delivery_id: str) -> DeliveryView:
    """Look at a delivery."""
    return delivery_view(_own_delivery(webhook_id, delivery_id))


@webhooks.post("/<webhook_id>/deliveries/<delivery_id>/replay")
@webhooks.output(DeliveryView, status_code=202, description="On its way again.")
@webhooks.doc(operation_id="replayDelivery", responses=problem_responses(404, 503))
def replay_delivery(webhook_id: str, delivery_id: str) -> tuple[DeliveryView, int, dict[str, str]]:
    """Deliver once more, now, under the same `webhook-id`."""
    deps, delivery = current_deps(), _own_delivery(webhook_id, delivery_id)
    deps.deliveries.replay(delivery.id)
    return _on_its_way(_own_delivery(webhook_id, delivery_id))


def _create(deps: Deps, endpoint_id: str, spec: EndpointSpec, secret: str) -> None:
    endpoint = Endpoint(
        id=endpoint_id,
        tenant=current_tenant(),
        url=str(spec.url),
        events=spec.events,
        description=spec.description,
        is_enabled=spec.enabled,
        created_at=0,
    )
    if not deps.endpoints.create(endpoint, secret, deps.settings.max_webhooks):
        raise InvalidSpec(f"at most {deps.settings.max_webhooks} endpoints can be registered")


def _own_endpoint(webhook_id: str) -> Endpoint:
    missing = NotFound("there is no webhook with this id")
    if not is_id("whk", webhook_id):
        raise missing
    try:
        endpoint = current_deps().endpoints.get(webhook_id)
    except NotFound:
        raise missing from None
    if endpoint.tenant != current_tenant():
        raise missing
    return endpoint


def _own_delivery(webhook_id: str, delivery_id: str) -> Delivery:
    endpoint, missing = _own_endpoint(webhook_id), NotFound("there is no delivery with this id")
    if not is_id("dlv", delivery_id):
        raise missing
    try:
        delivery = current_deps().deliveries.get(delivery_id)
    except NotFound:
        raise missing from None
    if delivery.endpoint_id != endpoint.id:
        raise missing
    return delivery


def _shown(endpoint: Endpoint, secret: str) -> NewEndpointView:
    return NewEndpointView(**endpoint_view(endpoint).model_dump(), secret=secret)


def _on_its_way(delivery: Delivery) -> tuple[DeliveryView, int, dict[str, str]]:
    here = f"/v1/webhooks/{delivery.endpoint_id}/deliveries/{delivery.id}"
    return delivery_view(delivery), HTTPStatus.ACCEPTED, {"Location": here}
