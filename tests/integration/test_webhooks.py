"""The sender of webhooks as a process of its own."""

import pytest

from tests.integration.stack import until
from tests.worker.webhooks.receiver import Receiver

pytestmark = pytest.mark.integration

INSIDE = {
    "CUTROOM_ALLOW_HTTP_URLS": "true",
    "CUTROOM_URL_ALLOWLIST": '["127.0.0.1"]',
    "CUTROOM_WEBHOOK_SECONDS": "1.5",
}


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def serving(stack):
    stack.start("redis")
    until(stack.records.ping, 10, "redis")
    for name in ("web", "webhooks"):
        stack.start(name, **INSIDE)
    until(lambda: stack.http.get("/healthz").status_code == 200, 30, "healthz")
    return stack


def registered(stack, url) -> str:
    answer = stack.http.post("/v1/webhooks", json={"url": url})
    assert answer.status_code == 201, answer.text
    return f"/v1/webhooks/{answer.json()['id']}"


def test_a_sender_killed_in_the_middle_sends_again_under_the_same_id(serving, receiver):
    hook = registered(serving, f"{receiver.url}/slow_then_ok")
    delivery = serving.http.post(f"{hook}/test").headers["Location"]
    until(lambda: receiver.heard, 10, "the first attempt")

    serving.kill("webhooks")
    serving.start("webhooks", **INSIDE)

    until(lambda: serving.http.get(delivery).json()["status"] == "succeeded", 30, "the delivery")
    assert [headers["webhook-id"] for _, headers, _ in receiver.heard] == [delivery.rpartition("/")[2]] * 2


def test_a_delivery_takes_little_of_redis_for_the_week_in_which_it_is_kept(serving, receiver):
    delivery = serving.http.post(f"{registered(serving, f'{receiver.url}/ok')}/test").headers["Location"]
    until(lambda: serving.http.get(delivery).json()["status"] == "succeeded", 30, "the delivery")
    key = f"delivery:{delivery.rpartition('/')[2]}"
    assert serving.records.object("encoding", key) in ("ziplist", "listpack")
    assert serving.records.memory_usage(key) < 800


def test_a_redirect_to_the_inside_is_not_followed_and_410_disables(serving, receiver):
    redirecting = registered(serving, f"{receiver.url}/inside")
    gone = registered(serving, f"{receiver.url}/status/410")
    for hook in (redirecting, gone):
        serving.http.post(f"{hook}/test").raise_for_status()

    until(lambda: not serving.http.get(gone).json()["enabled"], 10, "the endpoint to be disabled")
    until(
        lambda: serving.http.get(f"{redirecting}/deliveries").json()["data"][0]["attempts"], 10, "an attempt"
    )
    [delivery] = serving.http.get(f"{redirecting}/deliveries").json()["data"]
    assert (delivery["status"], delivery["attempts"][0]["status_code"]) == ("pending", 302)
    assert {path for path, *_ in receiver.heard} == {"/inside", "/status/410"}


def test_an_endpoint_inside_is_refused(serving):
    answer = serving.http.post("/v1/webhooks", json={"url": "https://[::ffff:10.0.0.1]/"})
    assert (answer.status_code, answer.json()["code"]) == (422, "url_not_allowed")
