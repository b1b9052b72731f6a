"""Names that no database takes, or that nobody can print, are refused like unknown ones; nothing breaks."""

from collections.abc import Callable

import pytest

from reship.errors import Refusal, result_of
from reship.fulfilment.cancel import preview_cancel
from reship.fulfilment.hold import HoldRequest, lift_hold, place_hold
from reship.fulfilment.manual_order import manual_order_from
from reship.fulfilment.place_order import place_order
from reship.fulfilment.reship import preview_reship
from reship.fulfilment.reship_plan import ReshipRequest
from reship.fulfilment.stock import Adjustment, Delivery, adjust_stock, receive_stock
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.world import World, new_order, reship_request

HOSTILE = ["\0", "10\x0042", "\ud800", "10\udfff42", "\n", "", "x" * 10_000, "%s", "\u202e"]
HOSTILE += ["'; DROP TABLE orders_order; --"]

Deed = Callable[[World, str], object]


def reship(world: World, name: str) -> object:
    return world.send(reship_request(name))


def reship_source(world: World, name: str) -> object:
    return world.send(reship_request("1042", source=name))


def reship_reason(world: World, name: str) -> object:
    return world.send(reship_request("1042", reason=f"{name}!"))


def reship_item(world: World, name: str) -> object:
    return world.send(reship_request("1042", {name: 1}))


def reship_quantity(world: World, name: str) -> object:
    return world.send(reship_request("1042", {"MUG": name}))


def preview(world: World, name: str) -> object:
    return preview_reship(ReshipRequest(name), client=world.acme, actor=world.mara)


def copy(world: World, name: str) -> object:
    return manual_order_from(name, client=world.acme, placed_at=world.now)


def hold(world: World, name: str) -> object:
    return place_hold(HoldRequest(name, "CLIENT"), client=world.acme, actor=world.dana, at=world.later())


def hold_kind(world: World, name: str) -> object:
    return place_hold(HoldRequest("1042", name), client=world.acme, actor=world.dana, at=world.later())


def lift(world: World, name: str) -> object:
    request = HoldRequest("1042", "CLIENT", name)
    return lift_hold(request, client=world.acme, actor=world.dana, at=world.later())


def edit(world: World, name: str) -> object:
    return world.edit(name, MUG=1)


def cancel(world: World, name: str) -> object:
    return world.cancel(name)


def cancel_preview(world: World, name: str) -> object:
    return preview_cancel(name, client=world.acme, actor=world.mara)


def pick(world: World, name: str) -> object:
    return world.ship(name, until=ShipmentStatus.PICKING)


def restock(world: World, name: str) -> object:
    return world.restock(name)


def place_warehouse(world: World, name: str) -> object:
    order = new_order("2000", {"MUG": 1}, warehouse=name)
    return place_order(order, client=world.acme, actor=world.dana, at=world.later())


def place_sku(world: World, name: str) -> object:
    return place_order(new_order("2000", {name: 1}), client=world.acme, actor=world.dana, at=world.later())


def receive_sku(world: World, name: str) -> object:
    return result_of(receive_stock([Delivery(name, "MAIN", 1)], client=world.acme, actor=world.pim, at=world.later()))


def receive_warehouse(world: World, name: str) -> object:
    return result_of(receive_stock([Delivery("MUG", name, 1)], client=world.acme, actor=world.pim, at=world.later()))


def adjust_sku(world: World, name: str) -> object:
    adjustment = Adjustment(name, "MAIN", 1, "counted")
    return result_of(adjust_stock([adjustment], client=world.acme, actor=world.otto, at=world.later()))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "deed",
    [
        reship,
        reship_source,
        reship_reason,
        reship_item,
        reship_quantity,
        preview,
        copy,
        hold,
        hold_kind,
        lift,
        edit,
        cancel,
        cancel_preview,
        pick,
        restock,
        place_warehouse,
        place_sku,
        receive_sku,
        receive_warehouse,
        adjust_sku,
    ],
)
def test_a_hostile_name_is_refused_in_words_that_can_be_printed(world: World, deed: Deed, name: str) -> None:
    world.place("1042", MUG=2)
    with pytest.raises(Refusal) as refusal:
        deed(world, name)
    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 300
    assert str(refusal.value.figures).encode()
    assert world.history("1042") == ["Order placed: 2 × MUG, to go as 1042-1."]
    assert audit() == []
