"""One POST: what counts, what does not, and what it may cost."""

import resource
import time
from unittest.mock import patch

import pytest

from shared.urlguard import UrlRules
from tests.worker.webhooks.conftest import LOOPBACK
from worker.webhooks.sending import READ_BYTES, post


def send(url, seconds=5.0, rules=LOOPBACK):
    return post(url, '{"type":"webhook.test"}', {"webhook-id": "dlv_1"}, rules, seconds)


def test_a_2xx_is_success(receiver):
    answer = send(f"{receiver.url}/ok")
    assert (answer.is_success, answer.status_code, answer.error) == (True, 204, "")
    [(_, headers, body)] = receiver.heard
    assert (headers["webhook-id"], headers["content-type"]) == ("dlv_1", "application/json")
    assert body == '{"type":"webhook.test"}'


@pytest.mark.parametrize("status", [400, 410, 500])
def test_anything_else_is_not_and_its_beginning_is_kept(receiver, status):
    answer = send(f"{receiver.url}/status/{status}")
    assert (answer.is_success, answer.status_code) == (False, status)
    assert answer.text == ("no " * 1000)[:READ_BYTES]


def test_a_redirect_is_a_failure_and_is_not_followed(receiver):
    answer = send(f"{receiver.url}/inside")
    assert (answer.is_success, answer.status_code) == (False, 302)
    assert [path for path, *_ in receiver.heard] == ["/inside"]


def test_retry_after_is_read(receiver):
    assert send(f"{receiver.url}/busy").retry_after_seconds == 77


def test_a_silent_endpoint_costs_its_time_and_no_more(receiver):
    began = time.monotonic()
    answer = send(f"{receiver.url}/slow", seconds=0.5)
    assert time.monotonic() - began < 2
    assert (answer.status_code, answer.error) == (None, "no answer in time")


def test_the_body_of_a_success_may_be_as_slow_as_it_likes(receiver):
    began = time.monotonic()
    assert send(f"{receiver.url}/dripping", seconds=0.5).is_success
    assert time.monotonic() - began < 2


def test_an_endless_body_is_not_received(receiver):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert send(f"{receiver.url}/huge").is_success
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_nobody_there(receiver):
    receiver.close()
    assert send(f"{receiver.url}/ok").error == "the connection failed or was cut off"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://169.254.169.254/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://2130706433/", "https://0177.0.0.1/", "http://example.com/", "https://example.com:8443/",
    ],
)  # fmt: skip
def test_addresses_inside_are_not_called(url):
    with patch("socket.socket.connect", side_effect=AssertionError("connected")):
        assert send(url, rules=UrlRules()).error.startswith("not allowed")


def test_a_name_that_has_changed_since_registration_is_not_called():
    inside = [(2, 1, 6, "", ("10.0.0.1", 443))]
    with (
        patch("socket.getaddrinfo", return_value=inside),
        patch("socket.socket.connect", side_effect=AssertionError("connected")),
    ):
        assert (
            send("https://example.com/", rules=UrlRules()).error == "not allowed: the address is not public"
        )
