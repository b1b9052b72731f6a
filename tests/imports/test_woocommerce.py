"""WooCommerce's exports by two plug-ins: what becomes of each of their orders and rows."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django_scopes import scope

from bench.shop_exports import ADVANCED, WEBTOFFEE
from reship.clients.models import Client
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.addresses import Address
from reship.orders.models import OrderLine
from tests.imports.files import Importer, rows
from tests.imports.shops import ANNA, PAUL, advanced, item, webtoffee
from tests.world import World

LEIPZIG = Address(
    recipient="Paul Muster",
    street_1="Musterweg 3",
    city="Leipzig",
    postal_code="04109",
    country="DE",
    phone="+4955512345",
)


def test_a_completed_order_with_its_items_in_cells_has_left(importer: Importer, world: World) -> None:
    """Items without shipping address, totals after discount, a note of two lines, and a row that is one order."""
    Client.objects.filter(pk=world.acme.pk).update(timezone="Europe/Berlin")
    cells = {
        "line_item_1": item("MUG", 2, "19.00"),
        "line_item_2": item("CUP", 3, "10.00", name="Cup | saucer: sku"),
        "line_item_3": item("", name="Gift wrap"),
        "customer_note": "Ring twice,\nplease",
    }
    account = importer(webtoffee({**PAUL, **cells}), as_departed=False)
    order = world.facts("77").order
    assert (account.orders_made, rows(account), account.noted) == (1, (1, 1, 0, {}), {"item_no_sku": 1})
    assert (order.customer_name, order.address, order.currency) == ("Paul Muster", LEIPZIG, "EUR")
    # A time without a zone is the client's.
    assert (order.placed_at, order.status) == (datetime(2026, 2, 1, 9, 0, tzinfo=UTC), "FULFILLED")
    with scope(client=world.acme.pk):
        lines = OrderLine.objects.order_by("position").values_list("sku", "quantity", "unit_price", "description")
        assert list(lines) == [
            ("MUG", 2, Decimal("9.5000"), "Mug"),
            ("CUP", 3, Decimal("3.3333"), "Cup | saucer: sku"),
        ]
    assert world.stock("MUG") == Balance(100, 0)
    assert world.reship("77").shipment == "77-R1"
    assert audit() == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("processing", "AWAITING"),
        ("wc-on-hold", "ON_HOLD"),
        ("completed", "FULFILLED"),
        ("delivered", "FULFILLED"),
        ("pending", "not_paid"),
        ("failed", "not_paid"),
        ("cancelled", "cancelled"),
        ("refunded", "refunded"),
        ("in-the-oven", "unknown_status"),
    ],
)
def test_the_status_says_what_has_left_and_what_is_to_go(
    importer: Importer, world: World, status: str, outcome: str
) -> None:
    account = importer(webtoffee({**PAUL, "status": status, "line_item_1": item("MUG", 2)}), as_departed=False)
    if outcome.isupper():
        assert (world.status("77"), rows(account)) == (outcome, (1, 1, 0, {}))
    else:
        assert (rows(account), account.orders_left_out) == ((1, 0, 0, {outcome: 1}), {outcome: 1})
    assert audit() == []


def test_an_order_that_was_refunded_in_part_is_held_while_it_is_to_go(importer: Importer, world: World) -> None:
    refunded = {"refund_items": "amount:5.00|reason:|date:2026-02-02 10:00:00", "line_item_1": item("MUG")}
    importer(webtoffee({**PAUL, **refunded, "status": "processing"}), as_departed=False)
    assert [hold.note for hold in world.facts("77").holds] == ["Partially refunded in the shop."]
    assert audit() == []


def test_a_row_per_item_repeats_its_order_or_leaves_it_empty(importer: Importer, world: World) -> None:
    rest = {name: "" for name in ANNA if "(" in name} | {"Order Number": ""}
    second = {"SKU": "CUP", "Quantity (- Refund)": "2", "Item Cost": "1.234,50"}
    third = {"SKU": "TEE", "Quantity (- Refund)": "0"}
    account = importer(advanced(ANNA, {**ANNA, **rest, **second}, {**ANNA, **third}), as_departed=False)
    facts = world.facts("88")
    assert (rows(account), world.items("88-1")) == ((3, 2, 0, {"removed": 1}), {"CUP": 2, "MUG": 1})
    assert (facts.order.customer_name, facts.order.address.city) == ("Anna Voorbeeld", "'s-Hertogenbosch")
    assert audit() == []


def test_an_item_without_its_order_is_no_order(importer: Importer, world: World) -> None:
    split = {name: ANNA[name] for name in ("Order Number", "SKU", "Item Name", "Quantity (- Refund)", "Item Cost")}
    account = importer(advanced(split), as_departed=False)
    assert (account.orders_made, account.orders_left_out) == (0, {"no_order_data": 1})
    assert audit() == []


def test_the_layouts_are_told_by_their_columns(importer: Importer, world: World) -> None:
    """Semicolons and Windows line ends, a plain quantity, no currency; and WebToffee's row per item."""
    plain = [name.replace(" (- Refund)", "") for name in ADVANCED if name != "Order Currency"]
    row = {name.replace(" (- Refund)", ""): cell for name, cell in ANNA.items() if name != "Order Currency"}
    first = importer(advanced(row, columns=plain).replace(",", ";"), as_departed=False)
    assert (first.orders_made, first.noted, world.facts("88").order.currency) == (1, {"no_currency": 1}, "XXX")
    columns = [*(name for name in WEBTOFFEE if "line_item" not in name)]
    columns += ["item_product_id", "item_name", "item_sku", "item_quantity", "item_subtotal", "item_total"]
    items = [{"item_name": sku, "item_sku": sku, "item_quantity": "2", "item_total": "5"} for sku in ("MUG", "CUP")]
    second = importer(advanced(*({**PAUL, **one} for one in items), columns=columns), as_departed=False)
    assert (rows(second), world.items("77-1")) == ((2, 2, 0, {}), {"CUP": 2, "MUG": 2})
    assert audit() == []


def test_an_item_that_cannot_be_told_and_an_order_twice_are_refused(importer: Importer, world: World) -> None:
    odd = {**PAUL, "order_number": "1", "line_item_1": "2 x Mug"}
    twice = {**PAUL, "line_item_1": item("MUG")}
    account = importer(webtoffee(odd, twice, twice), as_departed=False)
    refusals = [(refused.line, refused.rows, refused.refusal.code) for refused in account.refusals]
    assert refusals == [(2, 1, "malformed_item"), (3, 2, "duplicate_order")]
    assert rows(account) == (3, 0, 0, {"malformed_item": 1, "duplicate_order": 2})


def test_a_plain_export_needs_no_layout_to_be_named(importer: Importer, world: World) -> None:
    missing = importer.refusal(webtoffee({}).replace("order_number", "number"), format="woocommerce")
    assert (missing.code, missing.figures["missing"]) == ("wrong_columns", ["order_number"])
