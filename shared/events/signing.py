"""Signs deliveries as Standard Webhooks says; the package of that name makes the signatures."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks import Webhook

_SECRET_BYTES = 32


def new_secret() -> str:
    """A secret for one endpoint."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def signed_headers(
    delivery_id: str, sent_at: datetime, body: str, secrets_in_use: Sequence[str]
) -> Mapping[str, str]:
    """The headers of one attempt, signed with each secret. `sent_at` is in UTC: the package misreads any other."""
    signatures = [Webhook(secret).sign(delivery_id, sent_at, body) for secret in secrets_in_use]
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
