"""`cutroom webhooks listen`, against deliveries that are genuine and some that are not."""

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread

import httpx
import pytest
from click.testing import CliRunner

from api.cli.main import cli
from api.cli.receiving import Receiver
from shared.events.signing import new_secret, signed_headers
from tests.api.conftest import free_port

EVENT = {
    "type": "job.succeeded", "timestamp": "2026-01-01T00:00:00Z", "data": {"id": "job_1", "status": "succeeded"},
}  # fmt: skip


@pytest.fixture
def secret():
    return new_secret()


def deliver(url, secret, *, sent_at=None, body=None):
    """As the server does; asks until somebody listens."""
    text = body or json.dumps(EVENT)
    headers = signed_headers("dlv_1", sent_at or datetime.now(UTC), text, [secret])
    for _ in range(100):
        try:
            return httpx.post(url, content=text, headers=headers).status_code
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError("nobody listens")


@contextmanager
def listening(secret):
    heard, refused = [], []
    with (
        Receiver(0, lambda *event: heard.append(event), refused.append) as receiver,
        receiver.believing(secret),
    ):
        yield receiver.url, heard, refused


def test_what_is_genuine_is_received(secret):
    with listening(secret) as (url, heard, refused):
        assert deliver(url, secret) == 204
    assert (heard, refused) == ([(EVENT, "dlv_1")], [])


@pytest.mark.parametrize("case", ["another secret", "too old", "no JSON", "no signature"])
def test_what_is_not_is_refused(secret, case):
    with listening(secret) as (url, heard, refused):
        status = {
            "another secret": lambda: deliver(url, new_secret()),
            "too old": lambda: deliver(url, secret, sent_at=datetime(2020, 1, 1, tzinfo=UTC)),
            "no JSON": lambda: deliver(url, secret, body="{"),
            "no signature": lambda: httpx.post(url, json=EVENT).status_code,
        }[case]()
    assert (status, heard, len(refused)) == (401, [], 1)


def test_a_body_without_a_length_is_not_read(secret):
    with listening(secret) as (url, heard, _):
        assert httpx.post(url, content=iter([b"x"])).status_code == 413
    assert heard == []


def run_in_background(*args):
    result = []
    thread = Thread(target=lambda: result.append(CliRunner().invoke(cli, ["webhooks", "listen", *args])))
    thread.start()
    return thread, result


def test_the_command_prints_events_and_ends_after_some(secret):
    port = free_port()
    thread, result = run_in_background("--secret", secret, "--port", str(port), "--count", "2")
    assert [deliver(f"http://127.0.0.1:{port}/", secret) for _ in range(2)] == [204, 204]
    thread.join()
    assert result[0].exit_code == 0
    assert result[0].stdout.splitlines()[0].split()[1:4] == ["job.succeeded", "job_1", "succeeded"]


def test_json_is_the_payload(secret):
    port = free_port()
    thread, result = run_in_background("--secret", secret, "--port", str(port), "--count", "1", "--json")
    deliver(f"http://127.0.0.1:{port}/", secret)
    thread.join()
    assert json.loads(result[0].stdout) == EVENT


def test_a_server_that_sends_nothing_to_this_machine(working_url):
    result = CliRunner().invoke(cli, ["webhooks", "listen", "--server", working_url])
    assert (result.exit_code, "CUTROOM_URL_ALLOWLIST" in result.stderr) == (1, True)


def test_a_secret_that_is_none():
    result = CliRunner().invoke(cli, ["webhooks", "listen", "--secret", "whsec_"])
    assert result.exit_code == 2
