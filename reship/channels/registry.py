"""The kinds of shops: how each is asked, how its webhooks are signed and read, and what it wants to be told."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reship.channels import shopify, woocommerce
from reship.channels.models import ShopKind
from reship.channels.port import ShopApi, ShopsOrder


@dataclass(frozen=True, slots=True)
class Kind:
    """`credentials` names what proves who asks, in sets of which one is enough; headers are of incoming webhooks.

    The secret of the webhooks is ours where it is entered at the shop, and the shop's own where we are told it.
    """

    name: str
    api: Callable[[str, Mapping[str, str]], ShopApi]
    order_from: Callable[[object], ShopsOrder]
    topics: frozenset[str]
    credentials: tuple[tuple[str, ...], ...]
    secret_is_ours: bool
    signature_header: str
    id_header: str
    topic_header: str


KINDS: dict[str, Kind] = {
    ShopKind.SHOPIFY: Kind(
        name=shopify.NAME,
        api=shopify.Shopify,
        order_from=shopify.order_from,
        topics=shopify.TOPICS,
        credentials=(("token",), ("client_id", "client_secret")),
        secret_is_ours=False,
        signature_header="X-Shopify-Hmac-Sha256",
        id_header="X-Shopify-Webhook-Id",
        topic_header="X-Shopify-Topic",
    ),
    ShopKind.WOOCOMMERCE: Kind(
        name=woocommerce.NAME,
        api=woocommerce.WooCommerce,
        order_from=woocommerce.order_from,
        topics=woocommerce.TOPICS,
        credentials=(("key", "secret"),),
        secret_is_ours=True,
        signature_header="X-WC-Webhook-Signature",
        id_header="X-WC-Webhook-Delivery-ID",
        topic_header="X-WC-Webhook-Topic",
    ),
}


def signature_of(body: bytes, secret: str) -> str:
    """What both kinds write in their header."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def is_signed(body: bytes, signature: str, secret: str | None) -> bool:
    """Compared in the same time whatever is wrong; without a secret, nothing is signed."""
    expected = signature_of(body, secret or "nothing is signed with this")
    given = signature.strip().encode("utf-8", "replace")
    return hmac.compare_digest(expected.encode(), given) and bool(secret)
