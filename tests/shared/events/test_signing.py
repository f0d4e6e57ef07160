"""Signatures that the specification's own package accepts."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.events.signing import new_secret, signed_headers

BODY = '{"type":"job.succeeded","data":{"name":"Käse"}}'


def test_each_secret_in_use_verifies():
    old, new = new_secret(), new_secret()
    headers = signed_headers("dlv_1", datetime.now(UTC), BODY, [new, old])
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, dict(headers))["type"] == "job.succeeded"


def test_no_other_secret_and_no_other_body_does():
    secret = new_secret()
    headers = dict(signed_headers("dlv_1", datetime.now(UTC), BODY, [secret]))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY.replace("Käse", "Kase"), headers)
