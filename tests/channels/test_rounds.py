"""The rounds of a worker: every shop is told and asked, one that fails stops no other."""

import threading
from typing import NoReturn

import pytest
from django.test import override_settings
from django_scopes import scope

from reship.channels.models import ShopTracking
from reship.channels.shopify import Shopify
from reship.cli.shop_rounds import go_round
from reship.inventory.audit import audit
from reship.orders.models import Order
from tests.channels.conftest import Connected
from tests.channels.simulated import shopify_order, woocommerce_order
from tests.world import World

NOT_ENDED = threading.Event()


def test_a_round_asks_and_tells_each_shop(world: World, shopify: Connected, woocommerce: Connected) -> None:
    shopify.simulated.keep(shopify_order(1042))
    woocommerce.simulated.keep(woocommerce_order(77, changed="2026-03-02T09:30:00"))
    with override_settings(SHOP_POLL_MINUTES=0):
        go_round(NOT_ENDED)
    assert shopify.simulated.asked == woocommerce.simulated.asked == []
    shopify.simulated.instead.append((503, {}, {}))
    go_round(NOT_ENDED)
    with scope(client=world.acme.pk):
        assert list(Order.objects.values_list("number", flat=True)) == ["77"]
    assert shopify.hear(shopify_order(1042)) == ("PLACED", "")
    for parcel, number in (("77-1", "WOO1"), ("1042-1", "SHOPIFY1")):
        world.ship(parcel, tracking_number=number)
    go_round(NOT_ENDED)
    with scope(client=world.acme.pk):
        sent = ShopTracking.objects.filter(state="SENT").order_by("tracking_number")
        assert list(sent.values_list("tracking_number", flat=True)) == ["SHOPIFY1", "WOO1"]


def test_what_nobody_foresaw_of_one_shop_stops_no_other(
    world: World, shopify: Connected, woocommerce: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopify.hear(shopify_order(1042))
    woocommerce.simulated.keep(woocommerce_order(77, changed="2026-03-02T09:30:00"))

    def fail(*_: object) -> NoReturn:
        raise ArithmeticError

    monkeypatch.setattr(Shopify, "fetch_orders", fail)
    monkeypatch.setattr(Shopify, "send_tracking", fail)
    world.ship("1042-1", tracking_number="SHOPIFY1")
    go_round(NOT_ENDED)
    world.ship("77-1", tracking_number="WOO1")
    go_round(NOT_ENDED)
    assert shopify.told == [("SHOPIFY1", "PENDING"), ("WOO1", "SENT")]
    assert audit() == []
