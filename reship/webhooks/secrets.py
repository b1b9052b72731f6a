"""The secrets with which messages are signed. They are kept sealed and not as digests: signing needs them each time."""

import base64
import secrets
from datetime import datetime

from standardwebhooks import Webhook

from reship.clients.vault import seal, unseal
from reship.webhooks.models import WebhookEndpoint

_PURPOSE = "webhooks"
_BYTES = 32


def new_secret() -> str:
    """As Standard Webhooks wants them: `whsec_` and 24 to 64 random bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_BYTES)).decode()}"


def sealed(secret: str) -> str:
    return seal(secret, purpose=_PURPOSE)


def current_secret(endpoint: WebhookEndpoint) -> str | None:
    """None when the installation's secret key is another one by now: then only a rotation helps."""
    return unseal(endpoint.secret, purpose=_PURPOSE)


def signature(endpoint: WebhookEndpoint, reference: str, body: str, *, at: datetime) -> str | None:
    """What `webhook-signature` says: one signature, or two while a rotation's overlap lasts; None without a secret."""
    known = [current_secret(endpoint)]
    if endpoint.old_secret_until is not None and at < endpoint.old_secret_until:
        known.append(unseal(endpoint.old_secret, purpose=_PURPOSE))
    signed = [Webhook(secret).sign(reference, at, body) for secret in known if secret]
    return " ".join(signed) or None
