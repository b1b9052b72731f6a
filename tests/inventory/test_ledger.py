"""The ledger: each change is an entry with both balances after it, and the level is what its last entry says."""

import pytest
from django_scopes import scope

from reship.inventory.audit import audit
from reship.inventory.ledger import EFFECTS, Balance, Effect, Ledger, Place
from reship.inventory.models import EntryKind, LedgerEntry, StockLevel
from reship.orders.models import ShipmentStatus
from tests.world import World


def test_each_kind_of_entry_does_what_the_design_says() -> None:
    assert dict(EFFECTS) == {
        EntryKind.RECEIVED: Effect(on_hand=+1, allocated=0),
        EntryKind.ALLOCATED: Effect(on_hand=0, allocated=+1),
        EntryKind.RELEASED: Effect(on_hand=0, allocated=-1),
        EntryKind.SHIPPED: Effect(on_hand=-1, allocated=-1),
        EntryKind.ADDED_BACK: Effect(on_hand=0, allocated=-1),
        EntryKind.ADD_BACK_UNDONE: Effect(on_hand=0, allocated=+1),
        EntryKind.RESTOCKED: Effect(on_hand=+1, allocated=0),
        EntryKind.ADJUSTED: Effect(on_hand=+1, allocated=0),
    }


def test_entries_are_numbered_without_a_gap_and_carry_both_balances(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    world.reship("1042", add_back=True)
    with scope(client=world.acme.pk):
        entries = LedgerEntry.objects.filter(level__product__sku="MUG").order_by("sequence")
        assert [(entry.sequence, entry.kind, entry.on_hand_after, entry.allocated_after) for entry in entries] == [
            (1, "RECEIVED", 100, 0),
            (2, "ALLOCATED", 100, 2),
            (3, "SHIPPED", 98, 0),
            (4, "RESTOCKED", 100, 0),
            (5, "ALLOCATED", 100, 2),
        ]
    assert audit() == []


def test_an_entry_says_who_when_and_for_which_line_and_reshipment(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", add_back=True, actor=world.otto)
    with scope(client=world.acme.pk):
        added_back, allocated = LedgerEntry.objects.filter(level__product__sku="MUG").order_by("sequence")[2:]
    original, reshipment = world.shipment("1042-1"), world.shipment("1042-R1")
    assert reshipment.made_by is not None
    assert [entry.shipment_line_id for entry in (added_back, allocated)] == [
        original.lines[0].line.pk,
        reshipment.lines[0].line.pk,
    ]
    for entry in (added_back, allocated):
        assert (entry.reshipment_id, entry.actor, entry.user_id, entry.at) == (
            reshipment.made_by.pk,
            "Otto",
            world.otto.user_id,
            world.now,
        )


def test_a_level_is_what_its_last_entry_says(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    world.adjust("MUG", -3)
    with scope(client=world.acme.pk):
        level = StockLevel.objects.get(product__sku="MUG")
        last = LedgerEntry.objects.filter(level=level).order_by("-sequence")[0]
    assert (level.on_hand, level.allocated, level.sequence) == (
        last.on_hand_after,
        last.allocated_after,
        last.sequence,
    )
    assert level.available == 95


def test_a_place_where_nothing_ever_lay_has_a_balance_of_zero(world: World) -> None:
    with scope(client=world.acme.pk):
        ledger = Ledger(client_id=world.acme.pk, actor=world.pim, at=world.now)
        assert ledger.balance(Place(product_id=0, warehouse_id=0)) == Balance(on_hand=0, allocated=0)
        ledger.write()
    assert audit() == []


@pytest.mark.parametrize(
    ("kind", "quantity"),
    [
        (EntryKind.RECEIVED, 0),
        (EntryKind.RECEIVED, -1),
        (EntryKind.ADJUSTED, 0),
        (EntryKind.ALLOCATED, 101),
        (EntryKind.RELEASED, 1),
        (EntryKind.SHIPPED, 1),
        (EntryKind.ADJUSTED, -101),
    ],
)
def test_what_the_verbs_refuse_cannot_happen_here(world: World, kind: EntryKind, quantity: int) -> None:
    with scope(client=world.acme.pk):
        level = StockLevel.objects.get(product__sku="MUG")
        place = Place(level.product_id, level.warehouse_id)
        ledger = Ledger(client_id=world.acme.pk, actor=world.pim, at=world.now)
        ledger.lock([place])
        with pytest.raises(AssertionError):
            ledger.record(kind, place, quantity)
    assert world.stock("MUG") == Balance(on_hand=100, allocated=0)
