"""What a reship reads of its order: what it depends on, however often the order was sent again before."""

from django_scopes import scope

from reship.fulfilment.facts import read_orders_to_reship
from reship.fulfilment.reship import Reshipped, reship_orders
from reship.fulfilment.reship_plan import source_to_reship
from reship.inventory.audit import audit
from reship.orders.models import Order
from tests.world import World, reship_request


def read(world: World, *named: str) -> list[str]:
    """The shipments of order 1042 that a reship of these sources reads."""
    with scope(client=world.acme.pk):
        orders = list(Order.objects.filter(number="1042"))
        (facts,) = read_orders_to_reship(orders, named, lock=False).values()
    return [of_shipment.shipment.number for of_shipment in facts.shipments]


def test_earlier_reships_are_not_read_again(world: World) -> None:
    world.place("1042", MUG=1)
    world.ship("1042-1")
    for _ in range(5):
        world.ship(world.reship("1042").shipment)
    assert read(world) == ["1042-R5"]
    assert read(world, "1042-R2") == ["1042-R2", "1042-R5"]
    assert audit() == []


def test_what_is_in_the_building_is_read_and_what_left_with_something_left(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    world.ship(world.reship("1042", MUG=1).shipment)
    world.reship("1042", source="1042-R1")
    assert read(world) == ["1042-1"]
    assert audit() == []


def test_an_order_with_nothing_left_still_has_the_parcel_that_says_so(world: World) -> None:
    world.place("1042", MUG=1)
    world.ship("1042-1")
    world.reship("1042")
    assert read(world) == ["1042-1"]


def test_reshipments_that_have_still_to_go_are_read_when_they_are_on_hold(world: World) -> None:
    world.place("1042", MUG=3)
    world.reship("1042", MUG=1)
    held = world.reship("1042", MUG=1, hold=True)
    assert read(world) == ["1042-1", held.shipment]
    world.reship("1042", MUG=1)
    assert world.status("1042") == "ON_HOLD"
    assert audit() == []


def test_where_nothing_else_is_left_a_reshipment_that_has_still_to_go_is_meant(world: World) -> None:
    world.place("1042", MUG=1)
    world.reship("1042")
    world.cancel("1042-1")
    assert read(world) == ["1042-R1"]
    assert world.reship("1042").source == "1042-R1"
    assert audit() == []


def test_a_reship_means_the_same_source_as_the_page_of_the_whole_order(world: World) -> None:
    world.place("1042", MUG=3, CUP=2)
    for items in ({"MUG": 1}, {"CUP": 2}, {"MUG": 1}):
        meant = source_to_reship(world.facts("1042"))
        assert meant is not None
        made = world.send(reship_request("1042", items))
        assert made.source == meant.shipment.number
        if made.shipment == "1042-R1":
            world.ship("1042-1")
    assert audit() == []


def test_a_batch_that_means_an_order_twice_sees_what_the_first_leaves(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1")
    world.ship(world.reship("1042", MUG=1).shipment)
    requests = [reship_request("1042", source="1042-R1"), reship_request("1042")]
    made = reship_orders(requests, client=world.acme, actor=world.mara, at=world.later())
    assert [outcome.source for outcome in made if isinstance(outcome, Reshipped)] == ["1042-R1", "1042-1"]
    assert audit() == []
