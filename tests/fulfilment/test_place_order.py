"""Placing orders: documents and parcels are made, and their units allocated."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django_scopes import scope

from reship.errors import Figure, Refusal
from reship.fulfilment.place_order import CLOCKS_DIFFER, NewLine, NewOrder, place_order, place_orders
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.addresses import Address
from reship.orders.models import OrderLine
from tests.world import JANE, NINE, World, new_order, refused


def test_an_order_is_placed_with_a_parcel_and_its_units_are_allocated(world: World) -> None:
    order = world.place("1042", MUG=2, CUP=1)
    assert (order.number, order.status, order.customer_name, order.address) == ("1042", "AWAITING", "Jane Doe", JANE)
    (parcel,) = world.facts("1042").shipments
    assert (parcel.shipment.number, parcel.shipment.status, parcel.shipment.address) == ("1042-1", "OPEN", JANE)
    assert [line.item for line in parcel.lines] == [("MUG", 2), ("CUP", 1)]
    assert world.stock("MUG") == Balance(on_hand=100, allocated=2)
    assert world.history("1042") == ["Order placed: 2 × MUG, 1 × CUP, to go as 1042-1."]
    assert audit() == []


def test_the_price_and_the_description_of_a_line_are_kept(world: World) -> None:
    line = NewLine("MUG", 2, Decimal("9.9500"), "A mug, blue")
    world.place_order(replace(new_order("1042", {}), lines=(line, NewLine("CUP", 1)), currency="usd"))
    with scope(client=world.acme.pk):
        lines = OrderLine.objects.order_by("position").values_list("sku", "quantity", "unit_price", "description")
        assert list(lines) == [("MUG", 2, Decimal("9.95"), "A mug, blue"), ("CUP", 1, Decimal(0), "Cup")]
    assert world.facts("1042").order.currency == "USD"


def test_an_order_may_go_in_several_parcels(world: World) -> None:
    lines = (NewLine("MUG", 2, parcel=2), NewLine("CUP", 1, parcel=1), NewLine("MUG", 1, parcel=1))
    world.place_order(replace(new_order("1042", {}), lines=lines))
    assert (world.items("1042-1"), world.items("1042-2")) == ({"CUP": 1, "MUG": 1}, {"MUG": 2})
    assert world.history("1042") == ["Order placed: 3 × MUG, 1 × CUP, to go as 1042-1, 1042-2."]
    assert audit() == []


def test_two_lines_of_one_sku_in_a_parcel_are_one_line_of_the_parcel(world: World) -> None:
    lines = (NewLine("MUG", 2, Decimal(5)), NewLine("MUG", 3, Decimal(4)))
    world.place_order(replace(new_order("1042", {}), lines=lines))
    assert world.items("1042-1") == {"MUG": 5}
    assert audit() == []


def test_an_order_without_a_number_gets_the_clients_next_free_one(world: World) -> None:
    world.place("1002", MUG=1)
    assert [world.place(MUG=1).number for _ in range(2)] == ["1001", "1003"]
    assert world.place(client=world.other, MUG=1).number == "1001"
    assert audit() == []


def test_an_order_that_has_left_already_is_allocated_and_shipped_in_one_go(world: World) -> None:
    world.place_order(new_order("1042", {"MUG": 2}, departed_at=NINE))
    assert world.entries("MUG")[1:] == [("ALLOCATED", 0, 2), ("SHIPPED", -2, -2)]
    assert (world.status("1042"), world.shipment("1042-1").shipment.departed_at) == ("FULFILLED", NINE)
    assert audit() == []


def test_many_orders_without_numbers_pass_over_those_that_are_taken(world: World) -> None:
    world.place("1002", MUG=1)
    new = [new_order(number, {"MUG": 1}) for number in ("", "1003", "", "")]
    placed = place_orders(new, client=world.acme, actor=world.dana, at=world.later())
    assert [str(order) for order in placed] == ["1001", "1003", "1004", "1005"]
    assert audit() == []


def test_what_is_entered_was_not_placed_in_the_future(world: World) -> None:
    entered = replace(new_order("1042", {"MUG": 1}), entered=True, placed_at=NINE + timedelta(hours=1))
    at = NINE + timedelta(minutes=1)
    with refused("invalid_time", given=entered.placed_at.isoformat(), now=at.isoformat()):
        place_order(entered, client=world.acme, actor=world.dana, at=at)
    nearly = replace(entered, placed_at=at + CLOCKS_DIFFER)
    assert place_order(nearly, client=world.acme, actor=world.dana, at=at).placed_at == nearly.placed_at


def test_a_number_is_cleaned_before_it_is_looked_up(world: World) -> None:
    world.place("CAF\u00c9", MUG=1)
    for same in (" CAF\u00c9 ", "CAFE\u0301"):
        with refused("order_exists", order="CAF\u00c9"):
            world.place(same, MUG=1)
    assert audit() == []


def test_two_clients_may_use_the_same_number(world: World) -> None:
    world.place("1042", MUG=1)
    world.place("1042", client=world.other, MUG=2)
    assert world.items("1042-1") == {"MUG": 1}
    assert audit() == []


def test_a_number_that_is_there_is_refused_before_its_stock_is_looked_at(world: World) -> None:
    world.place("1042", TEE=10)
    with refused("order_exists", order="1042"):
        world.place("1042", TEE=10)


def changed(**parts: object) -> Callable[[NewOrder], NewOrder]:
    return lambda order: replace(order, **parts)  # type: ignore[arg-type]  # each test names the parts that fit


def with_line(sku: str, quantity: int | str = 1, price: Decimal = Decimal(0)) -> Callable[[NewOrder], NewOrder]:
    return changed(lines=(NewLine(sku, quantity, price),))


@pytest.mark.parametrize(
    ("change", "code", "figures"),
    [
        (changed(warehouse="MOON"), "unknown_warehouse", {"given": "“MOON”", "known": []}),
        (changed(number="a/b"), "invalid_text", {"field": "order number"}),
        (changed(number=".."), "invalid_text", {"field": "order number"}),
        (changed(number="x" * 41), "invalid_text", {"field": "order number", "length": 41, "longest": 40}),
        (changed(number="1\0"), "invalid_text", {"field": "order number", "character": "U+0000"}),
        (changed(customer_name=" "), "invalid_text", {"field": "customer name"}),
        (
            changed(customer_email="x" * 255),
            "invalid_text",
            {"field": "customer e-mail", "length": 255, "longest": 254},
        ),
        (changed(currency="EURO"), "invalid_text", {"field": "currency"}),
        (changed(address=Address(country="1A")), "invalid_text", {"field": "country"}),
        (changed(lines=()), "nothing_selected", {"order": "1042"}),
        (with_line("XXX"), "unknown_item", {"sku": "“XXX”"}),
        (with_line(""), "invalid_text", {"field": "SKU"}),
        (with_line("MU\ud800G"), "invalid_text", {"field": "SKU", "character": "U+D800"}),
        (
            with_line("MUG", "1.5"),
            "invalid_quantity",
            {"sku": "MUG", "given": "“1.5”", "smallest": 1, "largest": 10**6},
        ),
        (with_line("MUG", 1, Decimal("NaN")), "invalid_price", {"sku": "MUG"}),
        (with_line("MUG", 1, Decimal("1e10")), "invalid_price", {"sku": "MUG"}),
        (with_line("MUG", 1, Decimal("0.00001")), "invalid_price", {"sku": "MUG"}),
        (
            with_line("MUG", 101),
            "not_enough_available",
            {"sku": "MUG", "asked": 101, "available": 100, "warehouse": "MAIN"},
        ),
        (changed(copied_from="9999"), "order_not_found", {"order": "9999"}),
    ],
)
def test_an_order_that_cannot_be_is_refused_and_writes_nothing(
    world: World, change: Callable[[NewOrder], NewOrder], code: str, figures: dict[str, Figure]
) -> None:
    with refused(code, **figures):
        world.place_order(change(new_order("1042", {"MUG": 1})))
    assert world.stock("MUG") == Balance(on_hand=100, allocated=0)
    with pytest.raises(Refusal, match="order_not_found"):
        world.reship("1042")
    assert audit() == []


def test_one_sku_of_more_than_a_million_units_in_all_is_refused(world: World) -> None:
    lines = (NewLine("MUG", 1_000_000), NewLine("MUG", 1))
    with refused("invalid_quantity", sku="MUG", given="“1000001”", smallest=1, largest=1_000_000):
        world.place_order(replace(new_order("1042", {}), lines=lines))


def test_an_order_copied_from_another_is_linked_both_ways(world: World) -> None:
    world.place("1042", MUG=1)
    world.place_order(replace(new_order("1043", {"CUP": 1}), copied_from="1042"))
    assert world.history("1042")[-1] == "Copied to manual order 1043: 1 × CUP."
    assert world.history("1043") == ["Order placed, copied from order 1042: 1 × CUP, to go as 1043-1."]
    with scope(client=world.acme.pk):
        copied_from = world.facts("1043").order.copied_from
    assert copied_from is not None
    assert copied_from.number == "1042"
    assert audit() == []
