"""Tracking goes back to the shop: the first parcel's, and a reshipment's after it, never in its place."""

from datetime import timedelta
from typing import Any

import pytest
from django_scopes import scope

from reship.channels.models import ShopOrder, ShopState
from reship.channels.shops import ShopSecrets, ShopSettings, change_shop, pause_shop, resume_shop
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.channels.conftest import Connected
from tests.channels.simulated import (
    KEY,
    SECRET,
    TOKEN,
    SimulatedShopify,
    SimulatedWooCommerce,
    shopify_line,
    shopify_order,
    woocommerce_order,
)
from tests.world import World


def _shopify(shop: Connected) -> SimulatedShopify:
    assert isinstance(shop.simulated, SimulatedShopify)
    return shop.simulated


def _woocommerce(shop: Connected) -> SimulatedWooCommerce:
    assert isinstance(shop.simulated, SimulatedWooCommerce)
    return shop.simulated


def test_a_reshipments_tracking_is_appended_and_the_first_one_stays_as_it_was(world: World, shopify: Connected) -> None:
    shopify.hear(_shopify(shopify).keep(shopify_order(1042)))
    assert shopify.tell().sent == []
    world.ship("1042-1", tracking_number="FIRST1")
    assert shopify.tell().sent == ["1042-1"]
    # Somebody at the shop entered a link of their own meanwhile.
    first = _shopify(shopify).fulfilments["5000000001042"][0]["trackingInfo"][0]
    first["url"] = "https://carrier.example/FIRST1"
    world.reship("1042", MUG=1)
    world.ship("1042-R1", tracking_number="SECOND2")
    assert shopify.tell().sent == ["1042-R1"]
    world.reship("1042", source="1042-1", CUP=1)
    world.ship("1042-R2", tracking_number="THIRD3")
    assert shopify.tell().sent == ["1042-R2"]
    (only,) = _shopify(shopify).tracking(1042)
    assert [number for number, _ in only] == ["FIRST1", "SECOND2", "THIRD3"]
    assert only[0] == ("FIRST1", "https://carrier.example/FIRST1")
    assert shopify.tell().sent == []
    with scope(client=world.acme.pk):
        assert not ShopOrder.objects.get().is_watched
    assert audit() == []


def test_parcels_are_told_in_the_order_in_which_they_left(world: World, shopify: Connected) -> None:
    shopify.hear(_shopify(shopify).keep(shopify_order(1042)))
    world.ship("1042-1", tracking_number="FIRST1")
    world.reship("1042", MUG=1)
    world.ship("1042-R1", tracking_number="SECOND2")
    _shopify(shopify).instead.append((503, {}, {}))
    assert (shopify.tell().sent, shopify.told) == ([], [("FIRST1", "PENDING"), ("SECOND2", "PENDING")])
    assert shopify.tell().sent == ["1042-1", "1042-R1"]
    assert [[number for number, _ in each] for each in _shopify(shopify).tracking(1042)] == [["FIRST1", "SECOND2"]]


def test_a_reship_while_the_shop_rested_is_told_when_it_goes_on(world: World, shopify: Connected) -> None:
    shopify.hear(_shopify(shopify).keep(shopify_order(1042)))
    world.ship("1042-1", tracking_number="FIRST1")
    assert (shopify.tell().sent, shopify.tell().sent) == (["1042-1"], [])
    by: dict[str, Any] = {"client": world.acme, "actor": world.mara, "address": ""}
    pause_shop(shopify.public_id, at=world.later(), **by)
    world.reship("1042", MUG=1)
    world.now += timedelta(hours=5)
    world.ship("1042-R1", tracking_number="SECOND2")
    world.now += timedelta(hours=5)
    resume_shop(shopify.public_id, at=world.later(), **by)
    assert shopify.tell().sent == ["1042-R1"]


def test_what_was_told_and_not_heard_is_not_told_twice(world: World, shopify: Connected) -> None:
    shopify.hear(_shopify(shopify).keep(shopify_order(1042)))
    world.ship("1042-1", tracking_number="FIRST1")
    _shopify(shopify).forgets_to_answer = True
    assert shopify.tell().sent == []
    assert shopify.tell().sent == ["1042-1"]
    world.reship("1042", MUG=1)
    world.ship("1042-R1", tracking_number="SECOND2")
    _shopify(shopify).forgets_to_answer = True
    assert shopify.tell().sent == []
    assert shopify.tell().sent == ["1042-R1"]
    assert _shopify(shopify).asked.count("ReshipFulfil") == _shopify(shopify).asked.count("ReshipAppend") == 1
    assert [[number for number, _ in each] for each in _shopify(shopify).tracking(1042)] == [["FIRST1", "SECOND2"]]


def test_a_reshipment_whose_original_never_left_is_the_first_parcel_of_the_shop(
    world: World, shopify: Connected
) -> None:
    shopify.hear(_shopify(shopify).keep(shopify_order(1042, line_items=[shopify_line("MUG", 2, "1")])))
    world.reship("1042", add_back=True, actor=world.mara, MUG=2)
    world.ship("1042-R1", tracking_number="ONLY1")
    assert shopify.tell().sent == ["1042-R1"]
    assert [[number for number, _ in each] for each in _shopify(shopify).tracking(1042)] == [["ONLY1"]]


def test_a_shop_that_is_busy_hears_it_later(world: World, shopify: Connected) -> None:
    shopify.hear(_shopify(shopify).keep(shopify_order(1042)))
    world.ship("1042-1", tracking_number="FIRST1")
    _shopify(shopify).instead.append((429, {"Retry-After": "2.0"}, {}))
    told = shopify.tell()
    assert (told.sent, told.refusal and told.refusal.code) == ([], "shop_busy")
    assert shopify.tell().sent == ["1042-1"]


def test_a_shop_that_refuses_our_keys_is_asked_no_more_until_it_gets_others(world: World, shopify: Connected) -> None:
    shopify.hear(_shopify(shopify).keep(shopify_order(1042)))
    world.ship("1042-1", tracking_number="FIRST1")
    _shopify(shopify).instead.append((401, {}, {"errors": "Invalid API key"}))
    assert (shopify.tell().sent, shopify.state) == ([], ShopState.BROKEN)
    asked = len(_shopify(shopify).asked)
    assert (shopify.tell().sent, len(_shopify(shopify).asked)) == ([], asked)
    given = ShopSecrets({"client_id": KEY, "client_secret": SECRET})
    wanted = ShopSettings(name="Mugs", address=_shopify(shopify).url)
    change_shop(shopify.public_id, wanted, given, client=world.acme, actor=world.mara, at=world.later(), address="")
    assert (shopify.state, shopify.tell().sent) == (ShopState.CONNECTED, ["1042-1"])
    assert _shopify(shopify).asked[asked] == "token"
    assert TOKEN not in shopify.row.credentials


def test_what_the_shop_refuses_is_told_and_stops_nothing_else(world: World, shopify: Connected) -> None:
    for number in (1042, 1043):
        shopify.hear(_shopify(shopify).keep(shopify_order(number)), message=f"m{number}")
        world.ship(f"{number}-1", tracking_number=f"T{number}")
    del _shopify(shopify).orders["5000000001042"]
    told = shopify.tell()
    assert (told.sent, told.refused) == (["1043-1"], ["1042-1"])
    assert shopify.told == [("T1042", "REFUSED"), ("T1043", "SENT")]


@pytest.mark.parametrize("has_extension", [True, False])
def test_woocommerce_gets_one_more_entry_and_the_customer_a_note(
    world: World, woocommerce: Connected, has_extension: bool
) -> None:
    shop = _woocommerce(woocommerce)
    shop.has_extension = has_extension
    woocommerce.hear(shop.keep(woocommerce_order(77)))
    world.ship("77-1", tracking_number="FIRST1")
    assert woocommerce.tell().sent == ["77-1"]
    before = [dict(entry) for entry in shop.entries.get("77", [])]
    assert shop.orders["77"]["status"] == "completed"
    world.reship("77", MUG=1)
    world.ship("77-R1", tracking_number="SECOND2")
    shop.forgets_to_answer = True
    assert woocommerce.tell().sent == []
    assert woocommerce.tell().sent == ["77-R1"]
    numbers = [entry["tracking_number"] for entry in shop.entries.get("77", [])]
    assert numbers == (["FIRST1", "SECOND2"] if has_extension else [])
    assert shop.entries.get("77", [])[:1] == before
    notes = [note["note"] for note in shop.notes["77"]]
    first = [] if has_extension else ["Your parcel is on its way. Tracking number: FIRST1"]
    assert notes == [*first, "A further parcel is on its way. Tracking number: SECOND2"]
    assert all(note["customer_note"] for note in shop.notes["77"])
    assert audit() == []


def test_a_parcel_without_a_number_and_an_order_from_elsewhere_tell_nothing(world: World, shopify: Connected) -> None:
    shopify.hear(_shopify(shopify).keep(shopify_order(1042)))
    world.place("1", MUG=1)
    world.ship("1-1", tracking_number="OURS")
    world.ship("1042-1", until=ShipmentStatus.DELIVERED)
    assert (shopify.tell().sent, shopify.told, _shopify(shopify).asked) == ([], [], [])
