"""The audit finds what is wrong: each check is shown a planted fault, written around Python and the triggers."""

import pytest
from django.db import connection
from django_scopes import scope

from reship.catalog.models import Warehouse
from reship.floor.models import Manifest
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(world: World) -> World:
    """Orders in several states: sent and reshipped, added back, on hold, still open."""
    world.place("1042", MUG=3, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", MUG=2)
    world.place("1043", MUG=3)
    world.ship("1043-1", until=ShipmentStatus.PACKED)
    world.reship("1043", add_back=True, hold=True, MUG=2)
    world.place("1044", TEE=1)
    main = Warehouse.objects.get(code="MAIN")
    with scope(client=world.acme.pk):
        Manifest.objects.create(client=world.acme, number=1, warehouse=main, made_by="Pim", made_at=world.now)
    assert audit() == []
    return world


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("UPDATE inventory_stocklevel SET on_hand = on_hand + 1", {"balance_is_sum_of_entries"}),
        ("UPDATE inventory_stocklevel SET sequence = sequence + 1", {"balance_is_sum_of_entries"}),
        (
            "UPDATE inventory_ledgerentry SET on_hand_after = on_hand_after + 1 WHERE kind = 'ALLOCATED'",
            {"balances_chain"},
        ),
        (
            "UPDATE inventory_ledgerentry SET kind = 'RELEASED' WHERE kind = 'ALLOCATED'",
            {"effect_of_kind"},
        ),
        (
            "UPDATE inventory_ledgerentry SET kind = 'RESTOCKED' WHERE kind = 'SHIPPED'",
            {"effect_of_kind", "units_of_a_line"},
        ),
        (
            "UPDATE orders_shipment SET status = 'CANCELLED' WHERE number = '1044-1'",
            {"allocated_is_what_shipments_hold", "units_of_a_line", "order_status"},
        ),
        (
            "UPDATE orders_shipmentline SET quantity = 2 WHERE sku = 'TEE'",
            {"allocated_is_what_shipments_hold", "units_of_a_line"},
        ),
        (
            "UPDATE inventory_ledgerentry SET shipment_line_id = NULL WHERE kind = 'SHIPPED'",
            {"departed_once", "units_of_a_line"},
        ),
        (
            "UPDATE orders_shipment SET departed_at = NULL WHERE number = '1042-1'",
            {"times_match_status", "units_of_a_line"},
        ),
        ("UPDATE orders_lineusage SET reshipped = reshipped + 1", {"reshipped_is_sum_of_reshipments"}),
        (
            "UPDATE orders_lineusage SET added_back = 0",
            {
                "allocated_is_what_shipments_hold",
                "units_of_a_line",
                "reshipped_is_sum_of_reshipments",
            },
        ),
        (
            "UPDATE orders_reshipment SET cancelled_at = made_at",
            {"reshipped_is_sum_of_reshipments"},
        ),
        (
            "UPDATE orders_orderevent SET reshipment_id = NULL WHERE type = 'order.reshipped'",
            {"one_event_per_reshipment"},
        ),
        ("DELETE FROM orders_orderevent WHERE sequence = 2", {"history_has_no_gap"}),
        ("UPDATE orders_order SET reshipments_made = 0", {"reshipments_are_counted"}),
        ("UPDATE orders_order SET status = 'FULFILLED'", {"order_status"}),
        ("UPDATE orders_hold SET lifted_at = placed_at", {"order_status"}),
        ("UPDATE orders_shipment SET waits_for_stock = TRUE WHERE number = '1044-1'", {"waits_for_stock"}),
        ("UPDATE floor_pulltask SET done_at = made_at", {"pulled_parcels_hold_nothing"}),
        (
            (
                "INSERT INTO floor_manifestshipment (client_id, manifest_id, shipment_id)"
                " SELECT s.client_id, m.id, s.id FROM orders_shipment s, floor_manifest m WHERE s.number = '1044-1'"
            ),
            {"parcels_of_a_manifest_have_left"},
        ),
    ],
)
def test_a_planted_fault_is_found_by_its_check(busy: World, fault: str, found: set[str]) -> None:
    _drop_triggers()
    _execute(fault)
    checks = {violation.check for violation in audit()} - {"append_only"}
    assert checks == found


def test_a_violation_says_what_and_where_in_one_sentence(busy: World) -> None:
    _execute("UPDATE orders_order SET status = 'CANCELLED' WHERE number = '1042'")
    assert [violation.text for violation in audit()] == [
        "ACME: order 1042 is stored as CANCELLED but its shipments and holds make it RESHIPPING."
    ]


def test_the_audit_reports_and_does_not_repair(busy: World) -> None:
    _execute("UPDATE orders_order SET status = 'CANCELLED' WHERE number = '1042'")
    assert audit() == audit() != []


def _drop_triggers() -> None:
    for table in ("inventory_ledgerentry", "orders_orderevent", "orders_shipmentline"):
        on = f" ON {table}" if connection.vendor == "postgresql" else ""
        for deed in ("update", "delete"):
            _execute(f"DROP TRIGGER {table}_no_{deed}{on}")


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
