"""Shops of ACME on this machine, and the webhooks that they send."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import override_settings
from django_scopes import scope

from reship.channels.models import Shop, ShopKind, ShopMessage, ShopState, ShopTracking
from reship.channels.poll import Polled, poll_shop
from reship.channels.registry import KINDS, signature_of
from reship.channels.shops import ShopSecrets, ShopSettings, connect_shop
from reship.channels.tracking import Told, tell_tracking
from tests.channels.simulated import (
    KEY,
    SECRET,
    TOKEN,
    Simulated,
    SimulatedShopify,
    SimulatedWooCommerce,
    listening,
)
from tests.world import World

WEBHOOK_SECRET = "whsec"
CREDENTIALS = {ShopKind.SHOPIFY: {"token": TOKEN}, ShopKind.WOOCOMMERCE: {"key": KEY, "secret": SECRET}}
TOPIC = {ShopKind.SHOPIFY: "orders/updated", ShopKind.WOOCOMMERCE: "order.updated"}


@dataclass
class Connected:
    """A shop of ACME that answers, as its people and our worker see it."""

    world: World
    kind: str
    public_id: str
    pk: int
    simulated: Simulated

    def say(
        self, payload: Any, *, message: str = "m1", topic: str = "", secret: str = WEBHOOK_SECRET, **more: str
    ) -> HttpResponse:
        """Sends a webhook, signed."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        kind = KINDS[self.kind]
        headers = {
            kind.signature_header: signature_of(body, secret),
            kind.id_header: message,
            kind.topic_header: topic or TOPIC[ShopKind(self.kind)],
        } | more
        return Browser(raise_request_exception=True).post(  # type: ignore[return-value]
            f"/hooks/{self.kind}/{self.public_id}/", body, content_type="application/json", headers=headers
        )

    def hear(self, payload: Any, *, message: str = "m1", topic: str = "") -> tuple[str, str]:
        """The outcome of a webhook that is well signed, and its code."""
        answer = self.say(payload, message=message, topic=topic)
        assert answer.status_code == 200, answer.content
        said = json.loads(answer.content)
        return ("repeated", "") if said.get("repeated") else (said["outcome"], said["code"])

    def poll(self) -> Polled:
        self.world.later()
        with scope(client=self.world.acme.pk):
            Shop.objects.filter(pk=self.pk).update(polls_at=self.world.now)
        return poll_shop(self.pk, client=self.world.acme, at=self.world.later)

    def tell(self) -> Told:
        return tell_tracking(self.pk, client=self.world.acme, at=self.world.later)

    @property
    def row(self) -> Shop:
        with scope(client=self.world.acme.pk):
            return Shop.objects.get(pk=self.pk)

    @property
    def state(self) -> ShopState:
        return ShopState(self.row.state)

    @property
    def log(self) -> list[tuple[str, str, str]]:
        """Outcome, code and number here of each message, oldest first."""
        with scope(client=self.world.acme.pk):
            rows = ShopMessage.objects.order_by("at", "pk")
            return [(row.outcome, row.code, row.order_number) for row in rows]

    @property
    def told(self) -> list[tuple[str, str]]:
        with scope(client=self.world.acme.pk):
            rows = ShopTracking.objects.order_by("departed_at", "pk")
            return [(row.tracking_number, row.state) for row in rows]


def connected(world: World, kind: str, simulated: Simulated, **wanted: Any) -> Connected:
    settings = ShopSettings(name="Mugs & more", address=simulated.url, **wanted)
    shop = connect_shop(
        kind,
        settings,
        ShopSecrets(CREDENTIALS[ShopKind(kind)], WEBHOOK_SECRET),
        client=world.acme,
        actor=world.mara,
        at=world.later(),
        address="",
    )
    return Connected(world, kind, shop.public_id, shop.pk, simulated)


@pytest.fixture
def _own_machine() -> Iterator[None]:
    with override_settings(OUTGOING_ALLOWED=["127.0.0.1/32"]):
        yield


@pytest.fixture
def shopify(world: World, _own_machine: None) -> Iterator[Connected]:
    simulated = SimulatedShopify()
    with listening(simulated):
        yield connected(world, ShopKind.SHOPIFY, simulated)


@pytest.fixture
def woocommerce(world: World, _own_machine: None) -> Iterator[Connected]:
    simulated = SimulatedWooCommerce()
    with listening(simulated):
        yield connected(world, ShopKind.WOOCOMMERCE, simulated)
