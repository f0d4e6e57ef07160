"""Endpoints over HTTP: who may register what, and what is told of deliveries."""

import io
import json
from unittest.mock import patch

import pytest

from shared.events.deliveries import Attempt, Lanes, Verdict
from tests.api.pictures import encoded

URL = "https://example.com/hook"
LANES = Lanes(60, 2, 8)


@pytest.fixture(autouse=True)
def _names_resolve():
    with patch("socket.getaddrinfo", return_value=[(2, 1, 6, "", ("93.184.216.34", 443))]):
        yield


@pytest.fixture
def hook(client):
    """A registered endpoint, with its secret."""
    return client.post("/v1/webhooks", json={"url": URL}).json


def test_the_secret_is_shown_once(client, hook):
    assert hook["id"].startswith("whk_")
    assert hook["secret"].startswith("whsec_")
    shown = {name: value for name, value in hook.items() if name != "secret"}
    assert client.get(f"/v1/webhooks/{hook['id']}").json == shown
    assert client.get("/v1/webhooks").json == {"data": [shown]}
    assert hook["events"] == [
        "job.succeeded", "job.failed", "job.canceled", "job.expired", "batch.completed",
    ]  # fmt: skip


def test_what_was_created_is_named(client):
    response = client.post("/v1/webhooks", json={"url": URL})
    assert response.status_code == 201
    assert response.headers["Location"] == f"/v1/webhooks/{response.json['id']}"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/url"),
        ({"url": "nowhere"}, "/url"),
        ({"url": URL, "events": []}, "/events"),
        ({"url": URL, "events": ["job.done"]}, "/events/0"),
        ({"url": URL, "secret": "mine"}, "/secret"),
    ],
)
def test_what_is_not_valid_is_named(client, body, field):
    response = client.post("/v1/webhooks", json=body)
    assert response.status_code == 422
    assert field in [one["field"] for one in response.json["errors"]]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://2130706433/", "https://0177.0.0.1/", "http://example.com/", "https://example.com:22/",
        "https://me:secret@example.com/",
    ],
)  # fmt: skip
def test_no_endpoint_is_inside(client, hook, url):
    for response in (
        client.post("/v1/webhooks", json={"url": url}),
        client.patch(f"/v1/webhooks/{hook['id']}", json={"url": url}),
    ):
        assert (response.status_code, response.json["code"]) == (422, "url_not_allowed")


def test_nor_a_name_that_leads_there(client):
    with patch("socket.getaddrinfo", return_value=[(2, 1, 6, "", ("10.0.0.1", 443))]):
        response = client.post("/v1/webhooks", json={"url": URL})
    assert (response.status_code, response.json["code"]) == (422, "url_not_allowed")


def test_a_job_s_own_webhook_is_checked_too(client):
    spec = json.dumps({"webhook": {"url": "https://127.0.0.1/"}})
    response = client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "cat.png"), "spec": spec})
    assert (response.status_code, response.json["code"]) == (422, "url_not_allowed")
    assert response.json["detail"].startswith("/webhook/url")


def test_and_so_is_where_its_name_leads(client, stored_keys):
    spec = json.dumps({"webhook": {"url": URL}})
    with patch("socket.getaddrinfo", return_value=[(10, 1, 6, "", ("::ffff:10.0.0.1", 443, 0, 0))]):
        response = client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "cat.png"), "spec": spec})
    assert (response.status_code, response.json["code"]) == (422, "url_not_allowed")
    assert stored_keys() == []
    response = client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "cat.png"), "spec": spec})
    assert response.status_code == 202


def test_a_change_leaves_the_rest(client, hook):
    changed = client.patch(f"/v1/webhooks/{hook['id']}", json={"enabled": False, "description": "mine"}).json
    assert (changed["enabled"], changed["description"], changed["url"]) == (False, "mine", URL)


def test_there_is_a_limit(client, deps):
    for _ in range(deps.settings.max_webhooks):
        assert client.post("/v1/webhooks", json={"url": URL}).status_code == 201
    assert client.post("/v1/webhooks", json={"url": URL}).status_code == 422


def test_a_deleted_endpoint_is_gone(client, hook):
    assert client.delete(f"/v1/webhooks/{hook['id']}").status_code == 204
    assert client.get(f"/v1/webhooks/{hook['id']}").status_code == 404
    assert client.delete(f"/v1/webhooks/{hook['id']}").status_code == 404


def test_another_tenant_s_endpoint_is_not_there(client, hook, redis):
    redis.hset(f"webhook:{hook['id']}", "tenant", "somebody")
    for path in ("", "/deliveries"):
        assert client.get(f"/v1/webhooks/{hook['id']}{path}").status_code == 404
    for path in ("/test", "/rotate_secret"):
        assert client.post(f"/v1/webhooks/{hook['id']}{path}").status_code == 404
    assert client.get("/v1/webhooks/nonsense").status_code == 404


def test_a_rotated_secret_is_new_and_the_old_one_still_signs(client, hook, deps):
    rotated = client.post(f"/v1/webhooks/{hook['id']}/rotate_secret").json
    assert rotated["secret"] != hook["secret"]
    client.post(f"/v1/webhooks/{hook['id']}/test")
    [outgoing] = deps.deliveries.take(1, LANES)
    assert outgoing.secrets == (rotated["secret"], hook["secret"])


def test_single_jobs_have_a_secret_that_stays(client):
    first, second = (client.get("/v1/webhooks/default/secret").json["secret"] for _ in range(2))
    assert first == second
    assert first.startswith("whsec_")


class TestDeliveries:
    """What was sent, and what came back."""

    @pytest.fixture
    def delivery(self, client, hook, deps):
        """A test that failed."""
        sent = client.post(f"/v1/webhooks/{hook['id']}/test")
        assert sent.status_code == 202
        [outgoing] = deps.deliveries.take(1, LANES)
        failed = Attempt(1.7e9, 500, 12, "oops", "the endpoint answered 500")
        deps.deliveries.report(outgoing, failed, Verdict.AGAIN, 5)
        return sent.headers["Location"]

    def test_an_attempt_is_told_in_full(self, client, delivery):
        shown = client.get(delivery).json
        assert (shown["type"], shown["status"]) == ("webhook.test", "pending")
        assert shown["attempts"] == [
            {
                "at": "2023-11-14T22:13:20.000Z", "status_code": 500, "latency_ms": 12, "response": "oops",
                "error": "the endpoint answered 500",
            },
        ]  # fmt: skip
        assert shown["next_attempt_at"]

    def test_they_are_listed_by_pages(self, client, hook, delivery):
        client.post(f"/v1/webhooks/{hook['id']}/test")
        first = client.get(f"/v1/webhooks/{hook['id']}/deliveries?limit=1").json
        second = client.get(
            f"/v1/webhooks/{hook['id']}/deliveries?limit=1&cursor={first['next_cursor']}"
        ).json
        assert len({first["data"][0]["id"], second["data"][0]["id"]}) == 2

    def test_a_replay_is_due_at_once_under_the_same_id(self, client, delivery, deps):
        response = client.post(f"{delivery}/replay")
        assert response.status_code == 202
        [outgoing] = deps.deliveries.take(1, LANES)
        assert outgoing.delivery.id == response.json["id"]

    def test_an_unknown_one(self, client, hook):
        other = client.post("/v1/webhooks", json={"url": URL}).json
        mine = client.post(f"/v1/webhooks/{hook['id']}/test").json["id"]
        for delivery_id in ("dlv_x", "dlv_" + "0" * 26):
            assert client.get(f"/v1/webhooks/{hook['id']}/deliveries/{delivery_id}").status_code == 404
        assert client.get(f"/v1/webhooks/{other['id']}/deliveries/{mine}").status_code == 404
