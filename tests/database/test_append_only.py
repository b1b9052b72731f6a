"""What happened stays: the database itself refuses to change it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, transaction

from reship.database import append_only
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.floor_rows import add_floor_rows
from tests.world import World

pytestmark = pytest.mark.django_db
TABLES = [protected.table for protected in append_only.APPEND_ONLY]


@pytest.fixture
def departed(world: World) -> World:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.DEPARTED)
    world.reship("1042", MUG=1)
    add_floor_rows(world, world.acme)
    return world


@contextmanager
def refused_by_trigger() -> Iterator[None]:
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        yield


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("table", TABLES)
def test_rows_of_an_append_only_table_refuse_update_and_delete(departed: World, table: str) -> None:
    with refused_by_trigger():
        execute(f"UPDATE {table} SET client_id = client_id")
    with refused_by_trigger():
        execute(f"DELETE FROM {table}")
    assert audit() == []


@pytest.mark.postgresql
@pytest.mark.parametrize("table", TABLES)
def test_an_append_only_table_refuses_to_be_emptied(departed: World, table: str) -> None:
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # Else the rows of this transaction themselves stop it.
    with refused_by_trigger():
        execute(f"TRUNCATE {table} CASCADE")
    assert audit() == []


@pytest.mark.sqlite
def test_insert_or_replace_does_not_go_around_the_triggers(departed: World) -> None:
    with refused_by_trigger():
        execute("INSERT OR REPLACE INTO orders_orderevent SELECT * FROM orders_orderevent")
    assert audit() == []


def test_lines_of_a_shipment_that_has_not_departed_may_change(world: World) -> None:
    world.place("1042", MUG=2)
    execute("UPDATE orders_shipmentline SET quantity = quantity")
    assert audit() == []


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_trigger_is_named_and_comes_back_with_the_next_install(world: World, table: str) -> None:
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    execute(f"DROP TRIGGER {table}_no_delete{on}")
    assert append_only.missing(connection) == [f"{table}_no_delete"]
    assert [violation.check for violation in audit()] == ["append_only"]
    append_only.install(connection)
    assert append_only.missing(connection) == []


@pytest.mark.postgresql
def test_a_trigger_that_is_switched_off_counts_as_missing(world: World) -> None:
    execute("ALTER TABLE orders_orderevent DISABLE TRIGGER orders_orderevent_no_update")
    assert append_only.missing(connection) == ["orders_orderevent_no_update"]
