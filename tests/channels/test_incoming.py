"""Orders that come in from shops: by webhook, once; by polls, what no webhook brought."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope

from reship.channels.models import ShopOrder, ShopState
from reship.channels.shops import disconnect_shop, pause_shop, resume_shop
from reship.inventory.audit import audit
from reship.orders.models import Order, ShipmentStatus
from tests.channels.conftest import Connected, connected
from tests.channels.simulated import SimulatedShopify, shopify_address, shopify_line, shopify_order, woocommerce_order
from tests.world import JANE, World

LATER = "2026-03-02T09:30:00Z"


def test_an_order_of_shopify_comes_in_once_however_often_it_is_sent(world: World, shopify: Connected) -> None:
    order = shopify_order(1042)
    assert shopify.hear(order, message="m1", topic="orders/create") == ("PLACED", "")
    assert shopify.hear(order, message="m1", topic="orders/create") == ("repeated", "")
    assert shopify.hear(order, message="m2", topic="orders/paid") == ("NOTHING", "")
    with scope(client=world.acme.pk):
        placed = Order.objects.get()
    assert (placed.number, placed.customer_name, placed.customer_email) == ("1042", "Jane Doe", "jane@example.com")
    assert (placed.address, placed.method, placed.currency) == (JANE, "Standard", "USD")
    assert world.items("1042-1") == {"CUP": 1, "MUG": 2}
    assert world.events("1042")[0].facts["note"] == "Ring  twice,\nplease"
    assert world.events("1042")[0].actor == "Mugs & more (Shopify)"
    assert shopify.log == [("PLACED", "", "1042"), ("NOTHING", "", "1042")]
    assert audit() == []


def test_an_order_of_woocommerce_comes_in_with_prices_as_they_can_be_kept(world: World, woocommerce: Connected) -> None:
    dear = woocommerce_order(77, line_items=[{"sku": "MUG", "quantity": 1, "price": 1e50}])
    assert woocommerce.hear(dear, message="dear") == ("REFUSED", "invalid_shop_order")
    draft = woocommerce_order(77, status="checkout-draft")
    assert woocommerce.hear(draft, message="m0") == ("LEFT_OUT", "draft")
    paid = woocommerce_order(77, changed="2026-03-02T08:01:00")
    assert woocommerce.hear(paid, topic="order.created") == ("PLACED", "")
    facts = world.facts("77")
    assert (facts.order.address.phone, facts.order.method) == ("555 0100", "Flat rate")
    assert world.items("77-1") == {"CUP": 1, "MUG": 2}
    assert audit() == []


def test_an_unknown_shop_and_a_wrong_signature_are_answered_alike(world: World, shopify: Connected) -> None:
    order = shopify_order(1042)
    wrong = [
        shopify.say(order, secret="another"),
        shopify.say(order, **{"X-Shopify-Hmac-Sha256": ""}),
        shopify.say(order, **{"X-Shopify-Hmac-Sha256": "\u00e9"}),
        shopify.say(b"[" * 100_000, secret="another"),
    ]
    for public_id in (f"{shopify.public_id}0", "OTHER-0123", "nobody"):
        shopify.public_id = public_id
        wrong.append(shopify.say(order))
    shopify.kind = "woocommerce"
    wrong.append(shopify.say(order))
    assert {(answer.status_code, answer.content) for answer in wrong} == {(401, b'{"code": "not_authorized"}')}
    assert shopify.log == []


def _signed_nonsense() -> list[tuple[bytes, str]]:
    mug = shopify_line("MUG", 1, "1")
    orders: list[tuple[dict[str, Any], str]] = [
        ({"updated_at": "soon"}, "invalid_shop_order"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "invalid_shop_order"),
        ({"line_items": [{**mug, "quantity": 10**18, "current_quantity": 10**18}]}, "invalid_quantity"),
        ({"line_items": [{**mug, "price": "1e99"}]}, "invalid_price"),
        ({"line_items": [{**mug, "price": "NaN"}]}, "invalid_shop_order"),
        ({"line_items": [{**mug, "sku": None}]}, "invalid_text"),
        ({"name": "a/b"}, "invalid_text"),
        ({"name": "# "}, "invalid_shop_order"),
        ({"name": "x" * 300}, "invalid_text"),
    ]
    return [
        (b"", "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"id": NaN}', "invalid_json"),
        (b'{"id": 1, "id": 2}', "invalid_json"),
        (b'"\\ud800"', "invalid_json"),
        (b"[]", "invalid_shop_order"),
        (b"{}", "invalid_shop_order"),
        *((json.dumps(shopify_order(1, **changes)).encode(), code) for changes, code in orders),
    ]


def test_whatever_is_signed_is_answered_and_told_in_the_log(shopify: Connected) -> None:
    nonsense = _signed_nonsense()
    for number, (body, code) in enumerate(nonsense):
        assert shopify.hear(body, message=f"m{number}") == ("REFUSED", code), body[:200]
    assert [code for _, code, _ in shopify.log] == [code for _, code in nonsense]
    assert audit() == []


def test_too_much_is_not_read_and_other_news_are_left_out(shopify: Connected) -> None:
    assert shopify.say(b"x" * 2_000_001).status_code == 413
    assert shopify.hear(shopify_order(1042), topic="carts/update") == ("LEFT_OUT", "other_topic")
    assert Browser().get(f"/hooks/shopify/{shopify.public_id}/").status_code == 405


def test_woocommerce_pings_without_a_signature_and_wants_to_hear_that_it_is_well(woocommerce: Connected) -> None:
    for public_id in (woocommerce.public_id, "ACME-unknown"):
        ping = Browser().post(
            f"/hooks/woocommerce/{public_id}/", b"webhook_id=12", content_type="application/x-www-form-urlencoded"
        )
        assert (ping.status_code, ping.content) == (200, b'{"outcome": "ping"}')
    assert woocommerce.log == []


def test_what_is_no_order_for_us_or_not_yet_is_left_out_with_its_reason(shopify: Connected) -> None:
    mug = shopify_line("MUG", 1, "10")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"financial_status": "pending"}, "awaits_payment"),
        ({"cancelled_at": LATER}, "cancelled_before"),
        ({"fulfillment_status": "fulfilled"}, "sent_elsewhere"),
        ({"test": True}, "test_order"),
        ({"line_items": [{**mug, "requires_shipping": False}]}, "nothing_to_send"),
        ({"line_items": [{**mug, "current_quantity": 0}]}, "nothing_to_send"),
    ]
    for number, (changes, code) in enumerate(cases):
        assert shopify.hear(shopify_order(number, **changes), message=f"m{number}") == ("LEFT_OUT", code)


def test_an_order_comes_in_when_it_is_paid(world: World, shopify: Connected) -> None:
    shopify.hear(shopify_order(1042, financial_status="pending"), message="m1")
    assert shopify.hear(shopify_order(1042, changed=LATER), message="m2") == ("PLACED", "")
    assert world.status("1042") == "AWAITING"


def test_a_changed_address_reaches_the_parcel_while_it_is_open(world: World, shopify: Connected) -> None:
    shopify.hear(shopify_order(1042), message="m1")
    moved = shopify_order(1042, changed=LATER, shipping_address=shopify_address("9 Long Lane"))
    assert shopify.hear(moved, message="m2") == ("EDITED", "")
    assert world.shipment("1042-1").shipment.street_1 == "9 Long Lane"
    # A webhook that comes late changes nothing back, whatever its id.
    assert shopify.hear(shopify_order(1042), message="m0") == ("NOTHING", "")
    assert world.shipment("1042-1").shipment.street_1 == "9 Long Lane"
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    again = shopify_order(1042, changed="2026-03-02T10:00:00Z", shipping_address=shopify_address("10 Long Lane"))
    assert shopify.hear(again, message="m3") == ("REFUSED", "picking_started")
    assert world.shipment("1042-1").shipment.street_1 == "9 Long Lane"
    assert audit() == []


def test_what_somebody_changed_here_is_not_overwritten(world: World, shopify: Connected) -> None:
    shopify.hear(shopify_order(1042), message="m1")
    world.edit("1042-1", method="Courier")
    slower = shopify_order(1042, changed=LATER, shipping_lines=[{"title": "Slow"}])
    assert shopify.hear(slower, message="m2") == ("NOTHING", "")
    more = shopify_order(1042, changed="2026-03-02T10:00:00Z", line_items=[shopify_line("MUG", 3, "12.50")])
    assert shopify.hear(more, message="m3") == ("REFUSED", "items_changed")
    assert (world.shipment("1042-1").shipment.method, world.items("1042-1")) == ("Courier", {"CUP": 1, "MUG": 2})


def test_a_cancelled_order_is_cancelled_as_far_as_nobody_has_picked_it(world: World, shopify: Connected) -> None:
    for number in (1042, 1043):
        shopify.hear(shopify_order(number), message=f"placed {number}")
    world.ship("1043-1", until=ShipmentStatus.PACKED)
    gone = {"changed": LATER, "cancelled_at": LATER}
    assert shopify.hear(shopify_order(1042, **gone), message="m1") == ("CANCELLED", "")
    assert shopify.hear(shopify_order(1043, **gone), message="m2") == ("REFUSED", "too_late_to_cancel")
    assert (world.status("1042"), world.status("1043")) == ("CANCELLED", "AWAITING")
    assert world.stock("MUG").allocated == 2
    back = shopify_order(1042, changed="2026-03-02T10:00:00Z")
    assert shopify.hear(back, message="m3") == ("REFUSED", "taken_up_again")
    assert audit() == []


def test_an_order_that_woocommerce_deletes_is_cancelled_once(world: World, woocommerce: Connected) -> None:
    woocommerce.hear(woocommerce_order(77), message="m1")
    assert woocommerce.hear({"id": 77}, message="m2", topic="order.deleted") == ("CANCELLED", "")
    assert woocommerce.hear({"id": 77}, message="m3", topic="order.deleted") == ("NOTHING", "")
    assert woocommerce.hear({"id": 78}, message="m4", topic="order.deleted") == ("LEFT_OUT", "cancelled_before")
    assert world.status("77") == "CANCELLED"


@pytest.mark.parametrize("kind", ["shopify", "woocommerce"])
def test_what_no_webhook_brought_is_found_by_asking_page_by_page(
    world: World, kind: str, request: pytest.FixtureRequest
) -> None:
    shop: Connected = request.getfixturevalue(kind)
    orders: list[dict[str, Any]] = [
        shopify_order(1000 + n, changed=f"2026-03-02T09:{n:02}:00Z")
        if kind == "shopify"
        else woocommerce_order(1000 + n, changed=f"2026-03-02T09:{n:02}:00")
        for n in range(1, 8)
    ]
    for order in orders:
        shop.simulated.keep(order)
    shop.hear(orders[0])
    polled = shop.poll()
    assert (polled.orders, len(polled.taken), polled.refusal) == (7, 6, None)
    assert {outcome for _, outcome in polled.taken} == {"PLACED"}
    assert shop.poll().taken == []
    with scope(client=world.acme.pk):
        assert Order.objects.count() == 7
    assert (shop.row.cursor, shop.row.sync_began_at, shop.row.tries) == ("", None, 0)
    assert audit() == []


def test_an_order_that_lacked_stock_is_tried_again_when_it_has_come(world: World, shopify: Connected) -> None:
    order = shopify.simulated.keep(shopify_order(1042, line_items=[shopify_line("HAT", 1, "9.00")]))
    assert shopify.hear(order) == ("REFUSED", "not_enough_available")
    assert {outcome for _, outcome in shopify.poll().taken} == {"REFUSED"}
    world.receive(HAT=5)
    assert shopify.poll().taken == [("1042", "PLACED")]
    assert shopify.poll().taken == []
    assert world.items("1042-1") == {"HAT": 1}
    assert audit() == []


def test_the_number_of_another_order_is_refused_and_a_prefix_helps(world: World, shopify: Connected) -> None:
    world.place("1042", MUG=1)
    assert shopify.hear(shopify_order(1042)) == ("REFUSED", "order_exists")
    elsewhere = SimulatedShopify(url="http://127.0.0.1:1")
    other = connected(world, "shopify", elsewhere, number_prefix="EU-", method="Post")
    assert other.hear(shopify_order(1042)) == ("PLACED", "")
    assert world.facts("EU-1042").order.method == "Post"


def test_a_paused_shop_is_not_heard_and_asked_for_it_when_it_goes_on(world: World, shopify: Connected) -> None:
    pause_shop(shopify.public_id, client=world.acme, actor=world.mara, at=world.later(), address="")
    order = shopify.simulated.keep(shopify_order(1042))
    assert shopify.hear(order) == ("NOTHING", "")
    assert (shopify.log, shopify.poll().orders) == ([], 0)
    resume_shop(shopify.public_id, client=world.acme, actor=world.mara, at=world.later(), address="")
    shopify.simulated.keep({**order, "updated_at": LATER})
    assert shopify.poll().taken == [("1042", "PLACED")]
    disconnect_shop(shopify.public_id, client=world.acme, actor=world.mara, at=world.later(), address="")
    assert shopify.say(order).status_code == 401
    assert (shopify.state, shopify.row.credentials, shopify.row.webhook_secret) == (ShopState.DISCONNECTED, "", "")


def test_keys_that_the_shop_refuses_break_it_and_it_is_asked_no_more(world: World, shopify: Connected) -> None:
    shopify.simulated.instead.append((401, {}, {"errors": "[API] Invalid API key or access token"}))
    polled = shopify.poll()
    assert polled.refusal is not None
    assert (shopify.state, polled.refusal.code) == (ShopState.BROKEN, "shop_credentials_refused")
    assert "Invalid API key" in shopify.row.why
    asked = len(shopify.simulated.asked)
    assert (shopify.poll().orders, len(shopify.simulated.asked)) == (0, asked)
    assert shopify.hear(shopify_order(1042)) == ("PLACED", "")


def test_a_busy_shop_is_left_alone_as_long_as_it_says(world: World, shopify: Connected) -> None:
    cost = {"requestedQueryCost": 700, "throttleStatus": {"currentlyAvailable": 100, "restoreRate": 50}}
    throttled = {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {"cost": cost},
    }
    for answer, seconds in (((200, {}, throttled), 12), ((429, {"Retry-After": "2.0"}, {}), 3)):
        shopify.simulated.instead.append(answer)
        assert shopify.poll().refusal is not None
        assert timedelta(0) <= world.now - shopify.row.polls_at + timedelta(seconds=seconds) <= timedelta(minutes=1)
    assert shopify.poll().refusal is None
    with scope(client=world.acme.pk):
        assert ShopOrder.objects.count() == 0
