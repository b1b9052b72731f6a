"""Reship's own format."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django_scopes import scope

from reship.imports.reship_csv import RESHIP
from reship.inventory.audit import audit
from reship.orders.addresses import Address
from reship.orders.models import OrderLine
from tests.imports.files import Importer, reship_csv, rows
from tests.world import World

EVERY_COLUMN = ",".join([*RESHIP.required, *RESHIP.optional])


def test_every_column_arrives_where_it_belongs(importer: Importer, world: World) -> None:
    row = (
        "A-1,2026-03-01T10:30:00+01:00,Jane Doe,MUG,2,jane@example.com,Jim Doe,Doe & Co,1 High Street,Flat 2,"
        'Springfield,IL,12345,us,+1 555 0100,Express,usd,"Mug, blue",9.5,1'
    )
    assert importer(f"{EVERY_COLUMN}\n{row}\n").orders_made == 1
    order = world.facts("A-1").order
    assert (order.placed_at, order.customer_name, order.customer_email, order.method, order.currency) == (
        datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        "Jane Doe",
        "jane@example.com",
        "Express",
        "USD",
    )
    address = Address(
        "Jim Doe", "Doe & Co", "1 High Street", "Flat 2", "Springfield", "IL", "12345", "US", "+1 555 0100"
    )
    assert (order.address, world.shipment("A-1-1").shipment.address) == (address, address)
    with scope(client=world.acme.pk):
        (line,) = OrderLine.objects.filter(order=order)
    assert (line.sku, line.quantity, line.unit_price, line.description) == ("MUG", 2, Decimal("9.5"), "Mug, blue")
    assert audit() == []


def test_columns_may_come_in_any_order_and_the_optional_ones_may_be_missing(importer: Importer, world: World) -> None:
    importer("sku,quantity,order_number,customer_name,placed_at\nMUG,2,1,Jane,2026-03-01\n")
    order = world.facts("1").order
    assert (order.placed_at, order.currency, order.address) == (datetime(2026, 3, 1, tzinfo=UTC), "EUR", Address())


def test_what_belongs_to_the_order_may_stand_in_its_first_row_only(importer: Importer, world: World) -> None:
    account = importer(reship_csv("1,2026-03-02,Jane,MUG,1,1", "1,,,CUP,2,", "1,,Jane,TEE,3,"))
    assert (rows(account), world.items("1-1")) == ((3, 3, 0, {}), {"MUG": 1, "CUP": 2, "TEE": 3})


def test_rows_of_one_sku_are_merged_when_they_cost_the_same(importer: Importer, world: World) -> None:
    account = importer(reship_csv(*(f"1,2026-03-02,Jane,MUG,{quantity},1.50" for quantity in (1, 2)), "1,,,MUG,4,2"))
    with scope(client=world.acme.pk):
        lines = list(OrderLine.objects.order_by("position").values_list("sku", "quantity", "unit_price"))
    assert (rows(account), lines) == ((3, 2, 1, {}), [("MUG", 3, Decimal("1.5")), ("MUG", 4, Decimal(2))])
    assert world.items("1-1") == {"MUG": 7}
    assert audit() == []


def test_an_order_may_go_in_several_parcels(importer: Importer, world: World) -> None:
    header = "order_number,placed_at,customer_name,sku,quantity,parcel"
    importer(f"{header}\n1,2026-03-02,Jane,MUG,1,2\n1,,,CUP,1,\n1,,,MUG,2,2\n")
    assert (world.items("1-1"), world.items("1-2")) == ({"CUP": 1}, {"MUG": 3})


@pytest.mark.parametrize("parcel", ["0", "100", "-1", "1.0", "two", "²"])
def test_a_parcel_that_is_none_is_refused(importer: Importer, parcel: str) -> None:
    header = "order_number,placed_at,customer_name,sku,quantity,parcel"
    refusal = importer.refusal(f"{header}\n1,2026-03-02,Jane,MUG,1,{parcel}\n")
    assert (refusal.code, refusal.figures["line"]) == ("invalid_parcel", 2)


def test_one_number_in_two_unicode_forms_is_one_order(importer: Importer, world: World) -> None:
    account = importer(reship_csv("café,2026-03-02,Jane,MUG,1,1", "cafe\u0301,,,CUP,1,1"))
    assert (account.orders_made, world.items("café-1")) == (1, {"MUG": 1, "CUP": 1})
