"""Shopify's export: what becomes of each of its orders and rows."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django_scopes import scope

from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.addresses import Address
from reship.orders.models import OrderLine
from tests.imports.files import Importer, rows
from tests.imports.shops import CUP, JANE, MUGS, order, shopify
from tests.world import World

PENDING = {"Lineitem fulfillment status": "pending"}
UNFULFILLED = {"Fulfillment_Status": "unfulfilled", "Fulfilled_at": ""}


def test_a_fulfilled_order_has_left_and_can_be_reshipped_at_once(importer: Importer, world: World) -> None:
    """Several rows with blank repeated cells, a discount on a line, an apostrophe, a time in a zone, a note."""
    mugs = {**MUGS, "Lineitem discount": "1.00"}
    content = "\ufeff" + shopify(*order("#1001", mugs, CUP, MUGS, Notes="Ring twice,\nplease"))
    account = importer(content, as_departed=False)
    found = world.facts("1001")
    assert (account.orders_made, rows(account)) == (1, (3, 3, 0, {}))
    assert (found.order.placed_at, found.order.status, found.order.currency, found.order.method) == (
        datetime(2026, 2, 2, 4, 30, tzinfo=UTC),
        "FULFILLED",
        "USD",
        "Standard",
    )
    assert found.order.address == Address(
        recipient="Jane Sample",
        street_1="1 Sample Lane",
        street_2="Flat 2",
        city="Boston",
        region="MA",
        postal_code="02138",
        country="US",
        phone="+15555550100",
    )
    assert found.shipments[0].shipment.departed_at == datetime(2026, 2, 3, 14, 0, tzinfo=UTC)
    with scope(client=world.acme.pk):
        lines = OrderLine.objects.order_by("position").values_list("sku", "quantity", "unit_price", "description")
        assert list(lines) == [
            ("MUG", 2, Decimal("9.0000"), "Mug - Blue"),
            ("CUP", 1, Decimal("4.0000"), "Cup"),
            ("MUG", 2, Decimal("9.5000"), "Mug - Blue"),
        ]
    assert any("Ring twice,\nplease" in text for text in world.history("1001"))
    assert (world.stock("MUG"), world.stock("CUP")) == (Balance(100, 0), Balance(100, 0))
    assert world.reship("1001", MUG=4).shipment == "1001-R1"
    assert audit() == []


def test_of_an_order_that_left_in_part_the_rest_waits_to_be_picked(importer: Importer, world: World) -> None:
    importer(shopify(*order("#1", MUGS, {**CUP, **PENDING}, Fulfillment_Status="partial")), as_departed=False)
    parcels = [(of.shipment.status, world.items(of.shipment.number)) for of in world.facts("1").shipments]
    assert parcels == [("DEPARTED", {"MUG": 2}), ("OPEN", {"CUP": 1})]
    assert (world.stock("MUG"), world.stock("CUP"), world.status("1")) == (
        Balance(100, 0),
        Balance(100, 1),
        "AWAITING",
    )
    assert audit() == []


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ({"Cancelled_at": "2026-02-02 10:00:00 -0500"}, "cancelled"),
        ({"Financial_Status": "refunded"}, "refunded"),
        ({"Financial_Status": "voided"}, "not_paid"),
        ({"Fulfillment_Status": "restocked"}, "restocked"),
    ],
)
def test_what_is_not_to_be_sent_is_left_out_and_what_left_is_not(
    importer: Importer, world: World, said: dict[str, str], cause: str
) -> None:
    kept = order("#2", MUGS, {**CUP, **PENDING}, **said)
    account = importer(shopify(*order("#1", {**MUGS, **PENDING}, **UNFULFILLED | said), *kept), as_departed=False)
    assert (rows(account), account.orders_left_out) == ((3, 1, 0, {cause: 2}), {cause: 1})
    assert (world.items("2-1"), world.status("2")) == ({"MUG": 2}, "FULFILLED")
    assert audit() == []


@pytest.mark.parametrize("payment", ["pending", "partially_paid", "partially_refunded", "expired"])
def test_what_is_not_quite_paid_is_held(importer: Importer, world: World, payment: str) -> None:
    said = UNFULFILLED | {"Financial_Status": payment}
    importer(shopify(*order("#1", {**MUGS, **PENDING}, **said)), as_departed=False)
    (hold,) = world.facts("1").holds
    assert not hold.placed_by_company
    assert (hold.kind, hold.note) == ("PAYMENT", f"Payment in the shop: {payment.replace('_', ' ')}.")
    assert (world.status("1"), world.stock("MUG")) == ("ON_HOLD", Balance(100, 2))
    assert audit() == []


def test_a_missing_payment_status_and_currency_are_noted_and_what_is_to_go_waits(
    importer: Importer, world: World
) -> None:
    said = {"Financial_Status": "", "Currency": ""}
    content = shopify(*order("#1", {**MUGS, **PENDING}, **UNFULFILLED | said), *order("#2", MUGS, **said))
    account = importer(content, as_departed=False)
    (hold,) = world.facts("1").holds
    assert (hold.kind, hold.note) == ("PAYMENT", "The file does not say whether it is paid.")
    assert account.noted == {"no_currency": 2, "no_payment_status": 1, "payment_hold": 1}
    assert (world.status("2"), world.facts("2").order.currency) == ("FULFILLED", "XXX")
    assert audit() == []


def test_what_is_to_go_without_an_address_is_held_for_it(importer: Importer, world: World) -> None:
    nowhere = {name.replace(" ", "_"): "" for name in JANE if name.startswith("Shipping ")}
    still_to_go = order("#1", {**MUGS, **PENDING}, **UNFULFILLED | nowhere)
    account = importer(shopify(*still_to_go, *order("#2", MUGS, **nowhere)), as_departed=False)
    (hold,) = world.facts("1").holds
    assert (hold.kind, account.noted, world.status("2")) == ("ADDRESS", {"address_hold": 1}, "FULFILLED")
    assert hold.note.startswith("The address in the file is not complete. Name a recipient or a company.")
    assert audit() == []


def test_what_left_long_ago_is_held_for_nothing(importer: Importer, world: World) -> None:
    said = {"Financial_Status": "pending", "Shipping_Address1": "", "Shipping_Street": ""}
    account = importer(shopify(*order("#1", {**MUGS, **PENDING}, **UNFULFILLED | said)), as_departed=True)
    assert (world.status("1"), account.noted) == ("FULFILLED", {})
    assert audit() == []


def test_rows_of_nothing_that_is_shipped_are_left_out_each_by_its_cause(importer: Importer, world: World) -> None:
    """Digital goods, what was taken out of the order, what left without a SKU, and a row without an item."""
    rows_of_order = order(
        "#1",
        {**CUP, "Lineitem requires shipping": "false"},
        {**CUP, "Lineitem quantity": "0"},
        {**CUP, "Lineitem sku": "", "Lineitem name": "Gift wrap"},
        {},
        MUGS,
        MUGS,
    )
    account = importer(shopify(*rows_of_order))
    left_out = {"needs_no_shipping": 1, "removed": 1, "no_sku": 1, "no_item": 1}
    assert (rows(account), world.items("1-1")) == ((6, 1, 1, left_out), {"MUG": 4})
    assert audit() == []


REFUSED = {
    "what is to go has no SKU": (order("#1", {**MUGS, **PENDING, "Lineitem sku": ""}), "no_sku", 2),
    "part of a line left": (
        order("#1", CUP, {**MUGS, "Lineitem fulfillment status": "partial"}),
        "left_in_part",
        3,
    ),
    "a new status": (order("#1", {**MUGS, "Lineitem fulfillment status": "beamed"}), "unknown_status", 2),
    "a new payment": (order("#1", MUGS, Financial_Status="bartered"), "unknown_status", 2),
    "no quantity": (order("#1", {**MUGS, "Lineitem quantity": "two"}), "invalid_quantity", 2),
    "no price": (order("#1", MUGS, {**CUP, "Lineitem price": "free"}), "invalid_price", 3),
    "no time": (order("#1", MUGS, Created_at="02/01/2026"), "invalid_time", 2),
    "a country by its name": (order("#1", MUGS, Shipping_Country="United States"), "invalid_text", 2),
    "two orders of one name": (
        [*order("#1", MUGS), *order("#1", CUP, Email="joe@example.com")],
        "rows_disagree",
        3,
    ),
    "no name": (order("", MUGS), "invalid_text", 2),
    "a split export": ([{"Name": "#1", "Email": JANE["Email"], **MUGS, **PENDING}], "no_order_data", 2),
    "neither paid nor addressed": (
        order("#1", {**MUGS, **PENDING}, Financial_Status="", Shipping_City=""),
        "invalid_address",
        2,
    ),
    "a slash": (order("#1/2", MUGS), "invalid_text", 2),
    "an unknown SKU": (order("#1", {**MUGS, "Lineitem sku": "NEW"}), "unknown_item", 2),
    "no stock": (order("#1", {**MUGS, **PENDING, "Lineitem sku": "HAT"}), "not_enough_available", 2),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_with_an_order_is_refused_with_its_line_and_stops_no_other(
    importer: Importer, world: World, case: str
) -> None:
    wrong, code, line = REFUSED[case]
    content = shopify(*wrong, *order("#99", MUGS))
    for dry_run in (True, False):
        account = importer(content, as_departed=False, create_products=False, dry_run=dry_run)
        (refused,) = account.refusals
        assert (refused.refusal.code, refused.refusal.figures.get("line", refused.line)) == (code, line)
        assert (account.orders_made, rows(account)) == (1, (len(wrong) + 1, 1, 0, {code: len(wrong)}))
    assert world.status("99") == "FULFILLED"
    assert audit() == []


def test_a_row_without_the_number_belongs_to_the_row_before(importer: Importer, world: World) -> None:
    importer(shopify(*order("#1", MUGS), {**CUP, "Name": ""}))
    assert world.items("1-1") == {"CUP": 1, "MUG": 2}
    assert audit() == []


def test_the_same_file_twice_changes_nothing(importer: Importer, world: World) -> None:
    content = shopify(*order("#1", MUGS), *order("#2", {**CUP, **PENDING}, **UNFULFILLED))
    importer(content, as_departed=False)
    before = world.entries("MUG"), world.entries("CUP")
    again = importer(content, as_departed=False)
    assert (again.orders_made, rows(again)) == (0, (2, 0, 0, {"order_exists": 2}))
    assert (world.entries("MUG"), world.entries("CUP")) == before
    assert audit() == []
