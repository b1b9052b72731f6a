"""Waiting for stock: a reship may be opened with less than it needs, and is served first come, first served."""

from dataclasses import replace

import pytest
from django.db import connection

from reship.clients.access import Actor
from reship.errors import Figure
from reship.fulfilment.reship import Reshipped, preview_reship
from reship.fulfilment.reship_plan import AddBack, ReshipRequest
from reship.fulfilment.wait import allocate_waiting, clients_to_serve
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.history import Item
from reship.orders.models import HoldKind, ShipmentStatus
from tests.statements import captured_statements
from tests.world import World, refused, reship_request

pytestmark = pytest.mark.django_db
REFILL = Actor.program("Reship")


@pytest.fixture
def sold_out(world: World) -> World:
    """All ten TEE left with 1042 to 1045; 1042 and 1043 took two each."""
    for number, quantity in (("1042", 2), ("1043", 2), ("1044", 6)):
        world.place(number, TEE=quantity, MUG=1)
        world.ship(f"{number}-1")
    return world


def wait(world: World, order: str, **items: int) -> Reshipped:
    return world.send(replace(reship_request(order, items), wait_for_stock=True), actor=world.dana)


def test_a_reship_that_waits_allocates_what_is_there_and_waits_for_the_rest(sold_out: World) -> None:
    sold_out.receive(TEE=1)
    result = wait(sold_out, "1042")
    assert result.waiting == (Item("TEE", 1),)
    assert sold_out.stock("TEE") == Balance(1, 1)
    assert sold_out.shipment("1042-R1").shipment.waits_for_stock
    assert sold_out.status("1042") == "RESHIPPING"
    assert sold_out.history("1042")[-1] == (
        "Re-shipped 2 × TEE, 1 × MUG of 1042-1 as 1042-R1; reason: lost in transit; waits for stock: 1 × TEE; "
        "nothing added back."
    )
    assert audit() == []


def test_without_the_wish_to_wait_it_is_refused_as_ever(sold_out: World) -> None:
    with refused("not_enough_available", sku="TEE", asked=2, available=0):
        sold_out.reship("1042")


def test_what_waits_cannot_be_picked_nor_be_sent_again(sold_out: World) -> None:
    wait(sold_out, "1042", TEE=2)
    waiting: Figure = [{"sku": "TEE", "quantity": 2}]
    with refused("waits_for_stock", shipment="1042-R1", waiting=waiting):
        sold_out.ship("1042-R1", until=ShipmentStatus.PICKING)
    with refused("waits_for_stock", shipment="1042-R1", waiting=waiting):
        sold_out.reship("1042", source="1042-R1", add_back=True)
    assert audit() == []


def test_goods_that_arrive_go_to_the_oldest_first_line_by_line(sold_out: World) -> None:
    wait(sold_out, "1042", TEE=2)
    wait(sold_out, "1043", TEE=2)
    sold_out.receive(TEE=3)
    assert [sold_out.shipment(number).waiting for number in ("1042-R1", "1043-R1")] == [[], [Item("TEE", 1)]]
    assert sold_out.history("1042")[-1] == "Stock came in for 1042-R1: 2 × TEE allocated."
    assert sold_out.history("1043")[-1] == ("Stock came in for 1043-R1: 1 × TEE allocated; still waits for 1 × TEE.")
    assert sold_out.stock("TEE") == Balance(3, 3)
    sold_out.ship("1042-R1")
    assert audit() == []


def test_goods_of_another_warehouse_do_not_serve(sold_out: World) -> None:
    wait(sold_out, "1042", TEE=2)
    sold_out.receive(warehouse="EAST", TEE=5)
    assert sold_out.shipment("1042-R1").waiting == [Item("TEE", 2)]
    assert audit() == []


def test_the_worker_serves_what_others_let_go(sold_out: World) -> None:
    sold_out.receive(TEE=2)
    sold_out.place("1050", TEE=2)
    wait(sold_out, "1042", TEE=2)
    assert clients_to_serve() == []
    sold_out.cancel("1050-1")
    assert clients_to_serve() == [sold_out.acme]
    served = allocate_waiting(client=sold_out.acme, actor=REFILL, at=sold_out.later())
    assert served == {"1042-R1": [Item("TEE", 2)]}
    assert not sold_out.shipment("1042-R1").shipment.waits_for_stock
    assert audit() == []


def test_cancelling_what_waits_releases_only_what_it_got(sold_out: World) -> None:
    sold_out.receive(TEE=1)
    wait(sold_out, "1042", TEE=2)
    sold_out.cancel("1042-R1")
    assert sold_out.stock("TEE") == Balance(1, 0)
    sold_out.receive(TEE=1)
    assert sold_out.stock("TEE") == Balance(2, 0)
    assert audit() == []


def test_an_edit_gives_up_what_waits_first_and_lets_more_wait(sold_out: World) -> None:
    sold_out.receive(TEE=1)
    wait(sold_out, "1042", TEE=2)
    sold_out.edit("1042-R1", TEE=1)
    assert (sold_out.shipment("1042-R1").waiting, sold_out.stock("TEE")) == ([], Balance(1, 1))
    wait(sold_out, "1043", TEE=2)
    sold_out.edit("1043-R1", TEE=2, HAT=3)
    assert sold_out.shipment("1043-R1").waiting == [Item("TEE", 2), Item("HAT", 3)]
    assert audit() == []


def test_a_held_shipment_is_served_as_well(sold_out: World) -> None:
    wait(sold_out, "1042", TEE=2)
    sold_out.hold("1042", shipment="1042-R1", kind=HoldKind.CLIENT)
    sold_out.receive(TEE=2)
    assert (sold_out.shipment("1042-R1").waiting, sold_out.status("1042")) == ([], "ON_HOLD")
    assert audit() == []


def test_another_warehouse_sends_it_and_the_units_come_back_where_they_lay(world: World) -> None:
    world.place("1042", TEE=10)
    world.receive(warehouse="EAST", TEE=10)
    request = replace(reship_request("1042", add_back=True), warehouse="EAST")
    plan = preview_reship(request, client=world.acme, actor=world.mara)
    assert [(effect.now, effect.after) for effect in plan.stock] == [
        (Balance(10, 0), Balance(10, 10)),
        (Balance(10, 10), Balance(10, 0)),
    ]
    world.send(request)
    assert (world.stock("TEE"), world.stock("TEE", warehouse="EAST")) == (Balance(10, 0), Balance(10, 10))
    assert world.history("1042")[-1] == (
        "Re-shipped 10 × TEE of 1042-1 as 1042-R1; reason: lost in transit; from EAST; added back to stock: 10 × TEE."
    )
    world.cancel("1042-R1")
    assert (world.stock("TEE"), world.stock("TEE", warehouse="EAST")) == (Balance(10, 10), Balance(10, 0))
    assert audit() == []


def test_a_warehouse_that_is_none_is_refused(world: World) -> None:
    world.place("1042", MUG=1)
    with refused("unknown_warehouse", given="“WEST”"):
        world.send(ReshipRequest("1042", reason="lost", add_back=AddBack.NO, warehouse="WEST"))


def test_who_waits_is_found_by_its_index_without_statistics_too(sold_out: World) -> None:
    with captured_statements() as statements:
        clients_to_serve()
        allocate_waiting(client=sold_out.acme, actor=REFILL, at=sold_out.later())
        sold_out.receive(TEE=1)
    asked = [statement for statement in statements if "waits_for_stock AND" in statement]
    assert len(asked) == 3
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_postgresql:
            # It keeps statistics by itself; of a small table it would read all.
            cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in asked:
            cursor.execute(f"{'EXPLAIN' if is_postgresql else 'EXPLAIN QUERY PLAN'} {statement}")
            plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
            assert ("Index Scan" if is_postgresql else "s USING INDEX shipment_waiting") in plan
            assert ("Seq Scan" if is_postgresql else "SCAN u") not in plan
