"""The world that the other tests live in."""

from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import ShipmentStatus
from tests.world import World


def test_the_world_ships_and_reships_by_its_verbs(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    result = world.reship("1042", MUG=1)
    assert (result.shipment, world.items("1042-R1"), world.status("1042")) == ("1042-R1", {"MUG": 1}, "RESHIPPING")
    assert world.stock("MUG") == Balance(on_hand=98, allocated=1)
    assert world.stock("MUG", client=world.other) == Balance(on_hand=50, allocated=0)
    assert audit() == []
