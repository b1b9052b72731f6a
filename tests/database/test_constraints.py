"""The net under the locks: what the database refuses, whatever Python believes."""

import pytest
from django.db import DatabaseError, connection, transaction

from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE inventory_stocklevel SET on_hand = -1, allocated = 0",
        "UPDATE inventory_stocklevel SET allocated = -1",
        "UPDATE inventory_stocklevel SET allocated = on_hand + 1",
        "UPDATE inventory_stocklevel SET on_hand = 1000000000001",
        "UPDATE inventory_stocklevel SET on_hand = 9223372036854775807",
        "UPDATE inventory_stocklevel SET on_hand = NULL",
        "UPDATE orders_orderline SET quantity = 0",
        "UPDATE orders_shipmentline SET quantity = -1",
        "UPDATE orders_shipmentline SET quantity = 1000001",
        "UPDATE orders_lineusage SET added_back = quantity + 1",
        "UPDATE orders_lineusage SET added_back = -1",
        "UPDATE orders_lineusage SET reshipped = -1",
        "UPDATE orders_order SET number = 'same'",
        "UPDATE orders_shipment SET number = 'same'",
        "UPDATE clients_user SET role = 'packer' WHERE client_id IS NOT NULL",
        "UPDATE clients_user SET client_id = NULL WHERE role = 'agent'",
        "INSERT INTO orders_reshipment SELECT * FROM orders_reshipment",
    ],
)
def test_the_database_refuses(world: World, sql: str) -> None:
    _two_orders_and_a_reship(world)
    _refuses(sql)
    assert audit() == []


@pytest.mark.sqlite
@pytest.mark.parametrize("value", ["'abc'", "2.5", "x'00'"])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("inventory_stocklevel", "on_hand"),
        ("inventory_stocklevel", "allocated"),
        ("orders_orderline", "quantity"),
        ("orders_shipmentline", "quantity"),
        ("orders_lineusage", "added_back"),
        ("orders_lineusage", "reshipped"),
    ],
)
def test_sqlite_keeps_only_whole_numbers_as_quantities(world: World, table: str, column: str, value: str) -> None:
    _two_orders_and_a_reship(world)
    _refuses(f"UPDATE {table} SET {column} = {value}")
    assert audit() == []


def _two_orders_and_a_reship(world: World) -> None:
    world.place("1042", MUG=2)
    world.place("1043", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True)


def _refuses(sql: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
