"""Shops, workers and people at the same instant, on connections of their own; and a worker that dies."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django_scopes import scope

from reship import outgoing
from reship.channels.models import ShopKind, ShopMessage
from reship.channels.poll import poll_shop
from reship.channels.tracking import LEASE, tell_tracking
from reship.inventory.audit import audit
from reship.orders.models import Order
from tests.channels.conftest import connected
from tests.channels.simulated import SimulatedShopify, listening, shopify_order
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import make_world

_ask = outgoing.request


def test_one_order_by_webhooks_and_a_poll_at_once_is_one_order_told_once(
    real_database: RealDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[bool] = []

    def asked(*args: Any, **options: Any) -> outgoing.Answer:
        inside.append(connection.in_atomic_block)
        return _ask(*args, **options)

    monkeypatch.setattr(outgoing, "request", asked)
    simulated, world = SimulatedShopify(), make_world()
    with listening(simulated), override_settings(OUTGOING_ALLOWED=["127.0.0.1/32"]):
        shop = connected(world, ShopKind.SHOPIFY, simulated)
        order, at = simulated.keep(shopify_order(1042)), world.later()
        deeds: list[Callable[[], object]] = [
            partial(shop.hear, order, message=name) for name in ("m1", "m1", "m1", "m2", "m3")
        ]
        deeds.append(lambda: poll_shop(shop.pk, client=world.acme, at=lambda: at))
        outcomes = in_threads(deeds)
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        with scope(client=world.acme.pk):
            assert list(Order.objects.values_list("number", flat=True)) == ["1042"]
            assert ShopMessage.objects.filter(outcome="PLACED").count() == 1
        assert world.stock("MUG").allocated == 2
        world.ship("1042-1", tracking_number="FIRST1")
        at = world.later()
        told = in_threads([lambda: tell_tracking(shop.pk, client=world.acme, at=lambda: at).sent] * 4)
        assert sorted(map(str, told)) == ["['1042-1']", "[]", "[]", "[]"]
        assert simulated.asked.count("ReshipFulfil") == 1
    assert inside
    assert not any(inside)
    assert audit() == []


@pytest.mark.parametrize("is_done", [False, True])
def test_a_worker_that_dies_while_it_tells_loses_and_doubles_nothing(
    real_database: RealDatabase, monkeypatch: pytest.MonkeyPatch, is_done: bool
) -> None:
    """Before the shop heard it, or after; nobody else takes the parcel until its lease is over."""
    simulated, world = SimulatedShopify(), make_world()

    def asked(*args: Any, **options: Any) -> outgoing.Answer:
        is_deed = json.loads(options["content"])["operationName"] == "ReshipFulfil"
        if is_deed and not is_done:
            raise KeyboardInterrupt
        answer = _ask(*args, **options)
        if is_deed:
            raise KeyboardInterrupt
        return answer

    with listening(simulated), override_settings(OUTGOING_ALLOWED=["127.0.0.1/32"]):
        shop = connected(world, ShopKind.SHOPIFY, simulated)
        shop.hear(simulated.keep(shopify_order(1042)))
        world.ship("1042-1", tracking_number="FIRST1")
        monkeypatch.setattr(outgoing, "request", asked)
        with pytest.raises(KeyboardInterrupt):
            shop.tell()
        monkeypatch.undo()
        assert shop.tell().sent == []
        world.now += LEASE
        assert shop.tell().sent == ["1042-1"]
        assert [[number for number, _ in each] for each in simulated.tracking(1042)] == [["FIRST1"]]
    assert audit() == []
