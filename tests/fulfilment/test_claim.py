"""Claiming: a packer takes what can be picked, oldest first, and nobody takes the same."""

import pytest
from django_scopes import scope

from reship.clients.access import Actor
from reship.clients.roles import Role
from reship.errors import Refusal
from reship.floor.models import BatchShipment, PickBatch
from reship.floor.pick_queue import count_queue
from reship.fulfilment.claim import Claimed, ClaimRequest, claim_batch, claim_of_all_clients
from reship.fulfilment.take_over import take_over
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.world import World, refused


def numbers(claimed: Claimed) -> list[str]:
    return [shipment.number for shipment in claimed.shipments]


def claim_all(world: World, *, most: int = 12) -> list[Claimed | Refusal]:
    clients = [world.acme, world.other]
    return claim_of_all_clients(ClaimRequest("MAIN", most), clients=clients, actor=world.pim, at=world.later())


def test_a_batch_is_the_oldest_that_can_be_picked(world: World) -> None:
    for number in ("1", "2", "3", "4", "5"):
        world.place(number, MUG=1)
    world.hold("1", shipment="1-1")
    world.hold("2")
    world.reship("3", add_back=True)
    claimed = world.claim(most=2)
    assert (claimed.batch.number, numbers(claimed)) == (1, ["4-1", "5-1"])
    picking = world.shipment("4-1").shipment
    assert (picking.status, picking.picked_by, picking.picker_id, picking.picking_at) == (
        *("PICKING", "Pim", world.pim.user_id),
        world.now,
    )
    assert world.history("4")[-1] == "Picking of 4-1 started in batch 1."
    assert numbers(world.claim()) == ["3-R1"]
    with refused("nothing_to_pick", warehouse="MAIN"):
        world.claim()
    counts = count_queue(client_ids=[world.acme.pk], warehouse_id=None)
    assert (counts.to_pick, counts.held, counts.superseded, counts.waiting, counts.picking) == (0, 2, 1, 0, 3)
    with scope(client=world.acme.pk):
        batches = list(PickBatch.objects.order_by("number").values_list("number", "claimed_by", "user_id"))
        assert batches == [(1, "Pim", world.pim.user_id), (2, "Pim", world.pim.user_id)]
        assert BatchShipment.objects.count() == 3
    assert audit() == []


def test_chosen_shipments_are_claimed_each_for_itself(world: World) -> None:
    for number in ("1", "2", "3"):
        world.place(number, MUG=1)
    world.ship("2-1", until=ShipmentStatus.PICKING)
    claimed = world.claim("3-1", "2-1", "9-1", "3-1", actor=world.otto)
    assert numbers(claimed) == ["3-1"]
    assert [refusal.code for refusal in claimed.refused] == ["wrong_status", "shipment_not_found"]
    assert world.status("1") == "AWAITING"
    with refused("shipment_not_found", shipment="9-1"):
        world.claim("9-1", "2-1")
    assert audit() == []


def test_a_batch_is_of_one_warehouse(world: World) -> None:
    world.place("1", MUG=1)
    with refused("nothing_to_pick", warehouse="EAST"):
        world.claim(warehouse="EAST")
    with refused("other_warehouse", shipment="1-1", needed="EAST"):
        world.claim("1-1", warehouse="EAST")
    with refused("unknown_warehouse", given="“NOWHERE”"):
        world.claim(warehouse="NOWHERE")


@pytest.mark.parametrize("most", [0, -1, 51, "1_0"])
def test_a_batch_has_a_size(world: World, most: int | str) -> None:
    with pytest.raises(Refusal) as refusal:
        claim_batch(ClaimRequest("MAIN", most), client=world.acme, actor=world.pim, at=world.later())
    assert refusal.value.code == "invalid_quantity"


def test_all_clients_are_claimed_oldest_first_with_a_batch_for_each(world: World) -> None:
    for number in ("1", "2"):
        world.place(number, MUG=1)
        world.place(number, client=world.other, MUG=1)
    assert [
        (claimed.client.code, claimed.batch.number, numbers(claimed))
        for claimed in claim_all(world, most=3)
        if isinstance(claimed, Claimed)
    ] == [("ACME", 1, ["1-1", "2-1"]), ("OTHER", 1, ["1-1"])]
    assert len(claim_all(world)) == 1
    with refused("nothing_to_pick", warehouse="MAIN"):
        claim_all(world)
    assert audit() == []


def test_taking_a_parcel_over_is_told_in_its_history(world: World) -> None:
    world.place("1042", MUG=1)
    world.claim("1042-1")
    pia = Actor("Pia", Role.PACKER, user_id=world.ada.user_id)
    taken = take_over("1042-1", client=world.acme, actor=pia, at=world.later())
    assert (taken.picked_by, taken.picker_id) == ("Pia", pia.user_id)
    assert world.history("1042")[-1] == "1042-1 taken over from Pim."
    with refused("nobody_to_take_over_from", shipment="1042-1", picked_by="Pia"):
        take_over("1042-1", client=world.acme, actor=pia, at=world.later())
    world.place("1043", MUG=1)
    with pytest.raises(Refusal, match="1043-1 is open since"):
        take_over("1043-1", client=world.acme, actor=world.pim, at=world.later())
