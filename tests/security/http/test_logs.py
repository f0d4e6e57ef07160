"""Nothing secret is logged: not over the whole life of a job, nor when something breaks."""

import io
import json
import logging
from dataclasses import replace
from unittest.mock import patch

import pytest
import structlog

from api.app import create_app
from shared import logs
from shared.tenants.issuing import KeyWish, issue
from tests.api.pictures import encoded

SIGNING_SECRET = "the-signing-secret-of-this-server"
STORAGE_SECRET = "the-secret-key-of-the-storage"
URL_TOKEN = "token-in-the-url-of-a-picture"
PASSWORD = "password-of-redis"


@pytest.fixture
def logged(capsys):
    """Everything a process would have written, at its most talkative."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def start(settings):
        root.handlers.clear()
        logs.set_up_logs(settings)

    yield start, lambda: capsys.readouterr().err
    root.handlers[:], root.level = before
    logs.unbind()
    structlog.reset_defaults()


def test_a_whole_job_and_its_webhook_leave_no_secret_in_the_log(deps, working_queue, objects, logged):
    start, written = logged
    settings = deps.settings.model_copy(
        update={
            "auth": "keys",
            "signing_secret": SIGNING_SECRET,
            "s3_secret_access_key": STORAGE_SECRET,
            "redis_url": f"redis://:{PASSWORD}@127.0.0.1:1/0",
            "log_level": "DEBUG",
            "log_format": "json",
        }
    )
    key = issue(deps.tenants, KeyWish("acme", "test")).text
    working_queue.objects = objects
    client = create_app(settings, replace(deps, settings=settings, queue=working_queue)).test_client()
    start(settings)
    shown = {"Authorization": f"Bearer {key}"}
    with patch("socket.getaddrinfo", return_value=[(2, 1, 6, "", ("93.184.216.34", 443))]):
        hook = client.post(
            "/v1/webhooks", json={"url": f"https://example.com/{URL_TOKEN}"}, headers=shown
        ).json
    webhook_secret = hook["secret"]
    own_secret = client.get("/v1/webhooks/default/secret", headers=shown).json["secret"]
    done = client.post("/v1/jobs", data={"image": (io.BytesIO(encoded()), "a.png")}, headers=shown)
    job = client.get(done.headers["Location"], headers=shown).json
    signed = job["outputs"][0]["url"] if job.get("outputs") else job["results"][0]["url"]
    client.get(signed[signed.index("/v1/") :])
    by_url = {"input": {"url": f"https://example.com/a.png?{URL_TOKEN}"}}
    client.post("/v1/jobs", json=by_url, headers=shown)
    client.get("/v1/jobs", headers={"X-API-Key": key[:-1] + "0"})
    with patch.object(deps.jobs, "get", side_effect=RuntimeError("broke")):
        client.get(f"/v1/jobs/{job['id']}", headers=shown)
    text = written()
    assert len([line for line in text.splitlines() if json.loads(line)["event"] == "request"]) >= 8
    assert "RuntimeError: broke" in text
    signature = signed.partition("signature=")[2]
    for secret in (
        key, key[-12:], webhook_secret, webhook_secret.removeprefix("whsec_"), own_secret, SIGNING_SECRET,
        STORAGE_SECRET, URL_TOKEN, PASSWORD, signature,
    ):  # fmt: skip
        assert secret
        assert secret not in text


def test_settings_do_not_show_their_secrets(settings):
    shown = settings.model_copy(update={"signing_secret": None}).model_validate(
        {"signing_secret": SIGNING_SECRET, "s3_secret_access_key": STORAGE_SECRET, "key": "cut_live_x"}
    )
    for text in (repr(shown), str(shown), shown.model_dump_json()):
        assert SIGNING_SECRET not in text
        assert STORAGE_SECRET not in text
        assert "cut_live_x" not in text
