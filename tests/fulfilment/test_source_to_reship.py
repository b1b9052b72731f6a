"""Which parcel is sent again when nobody names one."""

from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.world import World, refused


def test_whoever_reships_twice_is_told_so_and_sends_nothing_more(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    with refused(
        "already_reshipped",
        shipment="1042-1",
        sku="MUG",
        shipped=2,
        reshipped=2,
        left=0,
        asked=2,
        reshipments=["1042-R1"],
    ):
        world.reship("1042")
    assert audit() == []


def test_the_rest_of_the_original_is_meant_while_a_reshipment_of_it_has_still_to_go(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", MUG=2)
    assert world.reship("1042").source == "1042-1"
    assert world.items("1042-R2") == {"CUP": 1}
    assert audit() == []


def test_a_reshipment_that_has_left_is_the_latest_parcel(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    world.ship("1042-R1", until=ShipmentStatus.LOST)
    assert world.reship("1042").source == "1042-R1"
    assert audit() == []


def test_a_reshipment_that_has_still_to_go_can_be_named(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    assert world.reship("1042", source="1042-R1").source == "1042-R1"
    assert audit() == []
